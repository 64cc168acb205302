"""The reference service as it is shipped: nothing found, and the same by Kustomize and Helm."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from stacks import (
    APPLICATION,
    CHART,
    OVERLAYS,
    REFERENCE,
    charted,
    in_any_order,
    kustomized,
    objects,
    of_kind,
)

from kubeguard.cli import kubeguard

every_overlay = pytest.mark.parametrize("overlay", OVERLAYS)

OTHERWISE = {
    "database": ("sqlite", "postgresql"),
    "cache": ("none", "redis"),
    "outside": ("ingress", "gateway"),
    "certificates": ("files", "cert-manager"),
    "secrets": ("files", "external-secrets"),
    "monitoring": ("false", "true"),
}


def found_in(text: str, folder: Path) -> str:
    file = folder / "rendered.yaml"
    file.write_text(text)
    result = CliRunner().invoke(kubeguard, ["scan", "--profile", "pedantic", str(file)])
    return "" if result.exit_code == 0 and "No findings" in result.output else result.output


@every_overlay
def test_kubeguard_finds_nothing(overlay: str, tmp_path: Path) -> None:
    assert found_in(kustomized(overlay), tmp_path) == ""


@pytest.mark.parametrize("name", OTHERWISE)
@every_overlay
def test_nothing_is_found_whatever_is_chosen(overlay: str, name: str, tmp_path: Path) -> None:
    first, second = OTHERWISE[name]
    other = first if overlay == "production" else second
    values = ["--values", str(CHART / f"values-{overlay}.yaml"), "--set", f"{name}={other}"]
    values += ["--set", "autoscaling=false"]
    assert found_in(charted(*values), tmp_path) == ""


def test_examples_are_clean(tmp_path: Path) -> None:
    text = "---\n".join(file.read_text() for file in sorted((REFERENCE / "examples").iterdir()))
    assert found_in(text, tmp_path) == ""


def test_the_image_is_clean() -> None:
    command = ["scan", "--profile", "pedantic", str(APPLICATION / "Dockerfile")]
    result = CliRunner().invoke(kubeguard, command)
    assert result.exit_code == 0, result.output
    assert "No findings" in result.output


@every_overlay
def test_helm_makes_the_same_as_kustomize(overlay: str) -> None:
    """Except for the namespace, which `helm install --create-namespace` makes."""
    made = objects(charted("--values", str(CHART / f"values-{overlay}.yaml")))
    wanted = [each for each in objects(kustomized(overlay)) if each["kind"] != "Namespace"]
    assert in_any_order(made) == in_any_order(wanted)


def test_without_values_the_chart_is_the_single_node() -> None:
    single = charted("--values", str(CHART / "values-single-node.yaml"))
    assert in_any_order(objects(charted())) == in_any_order(objects(single))


def test_alerts_are_those_of_the_application() -> None:
    [rule] = of_kind(objects(kustomized("production")), "PrometheusRule")
    kept = yaml.safe_load((CHART / "files" / "alerts.yaml").read_text())
    assert rule["spec"] == kept
    own = APPLICATION / "monitoring" / "alerts.yaml"
    if not own.exists():
        pytest.skip("reference_app is not in this repository")
    assert kept == yaml.safe_load(own.read_text())
