"""The bundled view prior: a diffusion model of new views, from a photo, a way to walk and a caption."""
