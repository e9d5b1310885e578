"""Changing a statue that is there: by words, and again from where a person left it."""
