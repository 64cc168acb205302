"""What the three modules share: settings, logs, traces, metrics, TLS and how they are served."""
