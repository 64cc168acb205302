"""Whatever holds a secret, wherever the finding is: no format shows more than four characters."""

import base64
import json
import time

import pytest

from kubeguard.engine import Settings, audit
from kubeguard.formats import FORMATS, render
from kubeguard.registry import load_checks
from kubeguard.sources.text import read

SECRET = "wombat-7-Kangaroo"
TOKEN = "ghp_" + "Ab3dE6gH9jK2mN5pQ8sT" + "1vW4yZ7bC0eF3hJ6"
ENCODED = base64.b64encode(SECRET.encode()).decode()

INPUTS = {
    "pod.yaml": f"""
apiVersion: v1
kind: Pod
metadata:
  name: shop
  annotations:
    example.org/hook: https://ci:{SECRET}@example.org
spec:
  containers:
    - name: shop
      image: shop
      command: [sh, -c, "run --password={SECRET} --verbose"]
      args:
        - --token
        - {SECRET}
        - |
          export API_KEY={SECRET}
          curl -H "Authorization: Bearer {TOKEN}"
      env:
        - name: DB_PASSWORD
          value: {SECRET}
        - value: "{SECRET}"
          name: API_KEY
        - {{name: URL, value: "postgres://u:{SECRET}@db"}}
        - name: GITHUB
          value: >-
            {TOKEN}
""",
    "flow.json": f"""
{{"apiVersion": "v1", "kind": "Pod", "metadata": {{"name": "shop"}}, "spec": {{"containers": [
  {{"name": "shop", "image": "shop", "args": ["--token", "{SECRET}"],
    "env": [{{"name": "TOKEN", "value": "{SECRET}"}}]}}]}}}}
""",
    "config.yaml": f"""
apiVersion: v1
kind: ConfigMap
metadata: {{name: shop}}
data:
  password: {SECRET}
  a.json: '{{"token": "{SECRET}"}}'
  b.ini: |
    [db]
    password = {SECRET}
  c.yaml: "password: {SECRET}\\nuser: shop\\n"
""",
    "secret.yaml": f"""
apiVersion: v1
kind: Secret
metadata: {{name: shop}}
data:
  password: {ENCODED}
stringData:
  anything: {SECRET}
  file: |
    {SECRET}
    x: {SECRET}
""",
    "Dockerfile": f"""
FROM alpine
ENV PASSWORD={SECRET}
ARG TOKEN={TOKEN}
RUN curl -u admin:x https://u:{SECRET}@example.org && deploy --password {SECRET}
""",
}


@pytest.mark.parametrize("context", [0, 3])
@pytest.mark.parametrize("name", INPUTS)
def test_no_format_shows_a_secret(name: str, context: int) -> None:
    report = audit([read(name, INPUTS[name].encode())], load_checks(), Settings(context=context))

    assert not report.faults
    assert report.findings
    for format_ in FORMATS:
        shown = render(format_, report)
        for secret in (SECRET, TOKEN, ENCODED):
            assert secret not in shown
            assert secret[:8] not in shown


@pytest.mark.parametrize(
    "piece", ["password=", "secret=${", 'password="', "password=a1b2c3 ", "a:"]
)
def test_a_hostile_megabyte_is_judged_in_seconds(piece: str) -> None:
    hostile = json.dumps(piece * (1_000_000 // len(piece)))
    objects = f"""
apiVersion: v1
kind: ConfigMap
metadata: {{name: shop}}
data: {{a: {hostile}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: shop}}
spec: {{containers: [{{name: shop, image: shop, args: [{hostile}]}}]}}
"""
    reading = read("hostile.yaml", objects.encode())
    checks = [check for check in load_checks() if check.family == "secrets"]
    start = time.process_time()

    assert not audit([reading], checks).faults
    assert time.process_time() - start < 10
