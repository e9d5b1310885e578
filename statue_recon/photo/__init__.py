"""From an image file to what the engine knows of a photo: pixels, mask and camera."""
