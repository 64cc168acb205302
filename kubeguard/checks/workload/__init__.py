"""What a pod and its containers may do to each other and to the node."""
