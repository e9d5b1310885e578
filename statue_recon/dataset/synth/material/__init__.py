"""What statues are made of, and what lies on them."""
