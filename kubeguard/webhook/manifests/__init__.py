"""The installation of the webhook: every object, as text for kubectl, Kustomize, Helm and files."""
