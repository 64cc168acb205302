"""Models from their training to a signed version in the registry."""
