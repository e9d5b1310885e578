"""What is learned and not our own: which models there are, where they lie on disk, and how they are fetched and run."""
