"""Programs that are asked in a container, by its own Python or its own shell; never imported."""
