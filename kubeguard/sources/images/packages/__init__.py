"""What is installed: each file that says so, read as its layer passes by."""
