"""Whether the API server takes the object as it stands."""
