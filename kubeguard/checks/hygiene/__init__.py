"""What keeps a workload running and in order."""
