"""The volume: signed distances on a grid, imagined from the silhouette and fitted to the photo."""
