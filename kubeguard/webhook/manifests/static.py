"""The webhook told to an API server by files (KEP-5793): no request can take it away."""

from __future__ import annotations

from pathlib import PurePosixPath

from kubeguard.cluster.text import document
from kubeguard.webhook.manifests.registration import configuration
from kubeguard.webhook.manifests.settings import Settings

FOLDER = "/etc/kubernetes/kubeguard"
"""Where an API server reads the files."""

_NAME = "kubeguard.static.k8s.io"
"""Names of what comes from files have to end like this."""


def files(settings: Settings, url: str, folder: str = FOLDER) -> dict[str, str]:
    """The files for the host of an API server, by path below the folder.

    `admission.yaml` is for its --admission-control-config-file; it needs the feature gate
    ManifestBasedAdmissionControlConfig (alpha in 1.36). Files cannot name a Service, so `url`
    tells where the webhook is.
    """
    plugin = {
        "name": "ValidatingAdmissionWebhook",
        "configuration": {
            "apiVersion": "apiserver.config.k8s.io/v1",
            "kind": "WebhookAdmissionConfiguration",
            "staticManifestsDir": str(PurePosixPath(folder, "static")),
        },
    }
    admission = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AdmissionConfiguration",
        "plugins": [plugin],
    }
    client = {"url": url, "caBundle": settings.ca_bundle}
    webhook = configuration(settings, {"name": _NAME}, client)
    return {"admission.yaml": document(admission), "static/webhook.yaml": document(webhook)}
