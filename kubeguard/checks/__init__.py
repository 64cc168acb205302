"""One question per module, its page beside it; the folders are the families."""
