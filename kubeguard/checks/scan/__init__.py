"""The scan itself: what could not be read, and what was not judged."""
