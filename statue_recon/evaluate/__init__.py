"""The ruler: how far a mesh is from the truth, and from the photo it was made of."""
