"""Which objects of a collection are fit to learn from: broken meshes, duplicates, and what is no relic at all."""
