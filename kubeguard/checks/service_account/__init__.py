"""The identity a pod has towards the API server."""
