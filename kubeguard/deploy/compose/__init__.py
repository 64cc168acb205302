"""A Compose project put on one machine only when kubeguard finds it clean, and watched there."""
