"""Hair, beards and what is worn on the head."""
