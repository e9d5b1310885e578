"""From the photo to the picture on the surface: projection where it was seen, continuation where it was not."""
