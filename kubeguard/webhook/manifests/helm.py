"""The installation as a Helm chart: the same objects, with values where settings differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from difflib import SequenceMatcher

from kubeguard.cluster.text import document
from kubeguard.version import VERSION
from kubeguard.webhook.manifests.rendering import files
from kubeguard.webhook.manifests.settings import Certificates, Settings

_MARKED = Settings(
    image="at-image",
    namespace="at-namespace",
    replicas=870_001,
    configuration="at-configuration",
    timeout_seconds=870_002,
    guard_seconds=870_003,
    ca_bundle="at-ca-bundle",
    service_monitor=True,
)
"""Settings whose values can be found again in the text."""

_VALUES = {
    "at-image": "{{ .Values.image }}",
    "at-namespace": "{{ .Release.Namespace }}",
    "870001": "{{ .Values.replicas }}",
    "at-configuration": "{{ .Values.configuration | toJson }}",
    "870002": "{{ .Values.timeoutSeconds }}",
    "870003": "{{ .Values.guardSeconds }}",
    "at-ca-bundle": "{{ .Values.caBundle }}",
    "failurePolicy: Fail": "failurePolicy: {{ .Values.failurePolicy }}",
    "failure-policy: Fail": "failure-policy: {{ .Values.failurePolicy }}",
}

_ABOUT = {
    "image": "# An image of kubeguard, by its digest.",
    "replicas": "# As many as nodes may be lost at a time, and one more.",
    "configuration": "# kubeguard.yaml: what is enforced, and how.",
    "failurePolicy": "# Without an answer: Fail refuses the request, Ignore admits it unjudged.",
    "timeoutSeconds": "# How long an API server waits for an answer.",
    "guardSeconds": "# How long no webhook may answer before requests go on without one.",
    "certificates": "# Who makes the certificate: managed (itself), cert-manager, files (you).",
    "caBundle": "# With certificates: files, the authority of the Secret (PEM in base64).",
    "serviceMonitor": "# For the Prometheus operator.",
}


def chart(default: Settings) -> dict[str, str]:
    """The files of the chart, by path, with these settings as its values.

    It has no Namespace: `helm install --create-namespace` makes that.
    """
    about = {
        "apiVersion": "v2",
        "name": "kubeguard",
        "description": "The admission webhook of kubeguard",
        "type": "application",
        "version": VERSION,
        "appVersion": VERSION,
        "kubeVersion": ">=1.30.0-0",
    }
    values = {
        "image": default.image,
        "replicas": default.replicas,
        "configuration": default.configuration,
        "failurePolicy": default.failure_policy.value,
        "timeoutSeconds": default.timeout_seconds,
        "guardSeconds": default.guard_seconds,
        "certificates": default.certificates.value,
        "caBundle": default.ca_bundle,
        "serviceMonitor": default.service_monitor,
    }
    described = (f"{_ABOUT[name]}\n{document({name: value})}" for name, value in values.items())
    return {
        "Chart.yaml": document(about),
        "values.yaml": "\n".join(described),
        **{f"templates/{name}": text for name, text in _templates().items()},
    }


def _templates() -> dict[str, str]:
    by_mode = {mode: files(replace(_MARKED, certificates=mode)) for mode in Certificates}
    names = dict.fromkeys(name for found in by_mode.values() for name in found)
    del names["namespace.yaml"]
    return {
        name: _template(name, {m: found[name] for m, found in by_mode.items() if name in found})
        for name in names
    }


def _template(name: str, by_mode: dict[Certificates, str]) -> str:
    modes = [(_is(mode), text.splitlines()) for mode, text in by_mode.items()]
    condition, lines = modes.pop()
    if not modes:
        lines = _under(condition, lines)
    for other, texts in reversed(modes):
        lines = list(_merged(other, texts, lines))
    if name == "service-monitor.yaml":
        lines = _under(".Values.serviceMonitor", lines)
    text = "\n".join(lines) + "\n"
    for marked, value in _VALUES.items():
        text = text.replace(marked, value)
    return text


def _merged(condition: str, yes: list[str], no: list[str]) -> Iterator[str]:
    """The lines of both, under the condition or its opposite where they differ."""
    changes = SequenceMatcher(None, yes, no, autojunk=False).get_opcodes()
    for change, start, end, other_start, other_end in changes:
        if change == "equal":
            yield from yes[start:end]
        else:
            yield from _under(condition, yes[start:end], no[other_start:other_end])


def _under(condition: str, yes: list[str], no: list[str] | None = None) -> list[str]:
    if not yes and no:
        nested = no[0].startswith("{{- if eq")  # one mode alone is none of the others
        return no if nested else _under(f"not ({condition})", no)
    otherwise = ["{{- else }}", *no] if no else []
    return [f"{{{{- if {condition} }}}}", *yes, *otherwise, "{{- end }}"]


def _is(mode: Certificates) -> str:
    return f'eq .Values.certificates "{mode}"'
