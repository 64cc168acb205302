"""How the API server is reached."""

from __future__ import annotations

from typing import Any

from kubeguard.errors import UsageError


def client(kubeconfig: str | None, context: str | None = None) -> Any:
    """A kubernetes.client.ApiClient: by this file, else the account of the pod, else kubectl's.

    Raises UsageError when there is none of them.
    """
    from kubernetes import client as kubernetes
    from kubernetes import config

    chosen = kubernetes.Configuration()
    try:
        if kubeconfig or context:
            config.load_kube_config(kubeconfig, context, client_configuration=chosen)
        else:
            try:
                config.load_incluster_config(client_configuration=chosen)
            except config.ConfigException:
                config.load_kube_config(client_configuration=chosen)
    except config.ConfigException as error:
        raise UsageError(f"no cluster to ask: {error}", "name one with --kubeconfig") from None
    return kubernetes.ApiClient(chosen)
