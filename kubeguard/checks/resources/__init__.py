"""What a container may take from its node."""
