"""The engine of Statue Recon: from a photograph of a statue to a textured mesh. Knows nothing of Blender."""

__version__ = "0.1.0"
