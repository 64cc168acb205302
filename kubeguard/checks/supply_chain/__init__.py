"""Where images come from and what pins them."""
