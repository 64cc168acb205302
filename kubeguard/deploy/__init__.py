"""Objects put on a cluster only when kubeguard finds them clean, and watched after that."""
