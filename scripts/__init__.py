"""What maintainers run by way of make."""
