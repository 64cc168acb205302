"""What a Dockerfile puts into an image, and how it gets there."""
