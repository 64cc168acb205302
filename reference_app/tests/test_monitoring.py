"""Alert rules and dashboard ask for metrics that exist, and Prometheus understands the rules."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY

import reference_app.processes  # noqa: F401  (it brings the metrics of all modules)

FOLDER = Path(__file__).parent.parent / "monitoring"
NAME = re.compile(r"\b(?:reference_app|process)_[a-z_]+")


def known() -> set[str]:
    """All names under which metrics can be asked for."""
    names = {metric.name for metric in REGISTRY.collect()}
    endings = ("", "_total", "_count", "_bucket", "_sum")
    return {f"{name}{ending}" for name in names for ending in endings}


def rules() -> list[dict[str, object]]:
    """All alert rules."""
    (group,) = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]
    return group["rules"]


def queries() -> list[str]:
    """What rules and panels ask."""
    panels = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
    asked = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    return asked + [str(rule["expr"]) for rule in rules()]


def test_all_metrics_exist() -> None:
    assert len(queries()) > 20
    asked = {name for query in queries() for name in NAME.findall(query)}
    assert asked - known() == set()


def test_every_alert_says_what_to_do() -> None:
    for rule in rules():
        assert set(rule["annotations"]) == {"summary", "action"}
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_prometheus_understands_the_rules() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    subprocess.run([promtool, "check", "rules", str(FOLDER / "alerts.yaml")], check=True)
