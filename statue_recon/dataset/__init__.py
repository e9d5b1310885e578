"""Data to train on: synthetic statues, collections of scans, and pictures of both."""
