"""The appearance stage: a view prior corrects the colours of what no photo shows, and of nothing else."""
