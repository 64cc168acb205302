"""What somebody does to a running pod, which only the webhook sees."""
