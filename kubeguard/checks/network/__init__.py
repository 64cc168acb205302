"""Who may talk to a workload: network policies, Services and Ingresses."""
