"""The bundled shape prior: a diffusion model of statues as volumes aligned with the photo."""
