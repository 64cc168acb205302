"""Trivy is asked which known vulnerabilities an image has; whatever it does is answered for."""
