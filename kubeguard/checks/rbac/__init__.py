"""Who may do what in the cluster, and which of it amounts to everything."""
