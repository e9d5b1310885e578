"""Drapery: cloth wrapped about the figure, its folds carved as sculptors carve them, or fallen in a simulation."""
