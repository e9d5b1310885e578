"""Refinement: a diffusion prior completes what no photo shows, and leaves alone what one does."""
