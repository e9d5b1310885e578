"""Relics beside bodies: vessels, tiles and stones, animals, masks and figurines. `choose.py` draws one of them."""
