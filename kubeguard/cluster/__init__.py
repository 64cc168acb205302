"""A running cluster: how it is reached, and what is done to its objects."""
