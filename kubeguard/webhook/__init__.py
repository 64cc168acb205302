"""What kubeguard says of a manifest, said to whoever asks the cluster for it."""
