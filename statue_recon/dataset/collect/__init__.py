"""Bringing objects into a collection, each with its author and its licence: from a folder or an open archive."""
