"""Age and accidents."""
