"""No planted secret leaves in any format, wherever it stands and whatever is selected."""

from __future__ import annotations

import base64
import itertools
import random
import string
from pathlib import Path

import pytest
from terminal import Cli, Put

from kubeguard.formats import FORMATS

DICE = random.Random(20261121)


def drawn(length: int, letters: str = string.ascii_letters + string.digits) -> str:
    return "".join(DICE.choices(letters, k=length))


UPPER = string.ascii_uppercase + "234567"
SECRETS = {
    "aws": "AK" + "IA" + drawn(16, UPPER),
    "github": "gh" + "p_" + drawn(36),
    "gitlab": "glp" + "at-" + drawn(20),
    "slack": "xo" + "xb-" + drawn(12, string.digits) + "-" + drawn(24),
    "stripe": "sk" + "_live_" + drawn(24),
    "password": drawn(9) + "!" + drawn(9),
    "url": drawn(20),
}
URL = f"postgres://shop:{SECRETS['url']}@db.example:5432/shop"
PEM = "\n".join(
    ["-----BEGIN RSA PRIVATE" + " KEY-----", *(drawn(64) for _ in range(4)), "-----END RSA PRIVATE"]
)
HIDDEN = [value[4:] for value in SECRETS.values()] + PEM.splitlines()[1:-1]
HIDDEN += [base64.b64encode(value.encode()).decode()[6:-4] for value in SECRETS.values()]


def indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.splitlines())


def variables(by: int) -> str:
    lines = [f"- {{name: {key.upper()}_TOKEN, value: {value!r}}}" for key, value in SECRETS.items()]
    return indented("\n".join([*lines, f"- name: DATABASE_URL\n  value: {URL}"]), by)


def data(by: int, encode: bool) -> str:
    found = {**SECRETS, "database": URL, "key": PEM}
    if encode:
        found = {k: base64.b64encode(v.encode()).decode() for k, v in found.items()}
    return indented("\n".join(f"{key}-token: {value!r}" for key, value in found.items()), by)


POD = f"""\
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    kubeguard.io/ignore: |
      secret_in_environment_variable -- a test
    example.com/token: {SECRETS["github"]}
spec:
  containers:
  - name: web
    image: registry.example/web:latest
    # {SECRETS["slack"]}
    args: ["--token={SECRETS["gitlab"]}", "--url", "{URL}"]
    env:
{variables(4)}
    securityContext: {{privileged: true}} # password: {SECRETS["password"]}
"""
CONFIG = f"""\
apiVersion: v1
kind: ConfigMap
metadata: {{name: web}}
data:
{data(2, encode=False)}
  key.pem: |
{indented(PEM, 4)}
---
apiVersion: v1
kind: Secret
metadata: {{name: web}}
data:
{data(2, encode=True)}
---
apiVersion: v1
kind: Secret
metadata: {{name: plain}}
unknown: {SECRETS["stripe"]}
stringData:
{data(2, encode=False)}
"""
BROKEN = f"""\
apiVersion: v1
kind: Secret
metadata: {{name: web}}
stringData:
  password: {SECRETS["password"]}
  token: "{SECRETS["github"]}
  url: [{URL}
"""
DUPLICATE = f"""\
apiVersion: v1
kind: Secret
metadata: {{name: twice}}
stringData:
  password: {SECRETS["password"]}
  password: {SECRETS["password"]}
  {SECRETS["github"]}: x
  ? [{SECRETS["stripe"]}]
  : y
"""
DOCKERFILE = f"""\
FROM registry.example/base:latest
ARG NPM_TOKEN={SECRETS["github"]}
ENV AWS_ACCESS_KEY_ID={SECRETS["aws"]} \\
    DB_PASSWORD={SECRETS["password"]}
# {SECRETS["stripe"]}
RUN curl -k -H "Authorization: Bearer {SECRETS["gitlab"]}" https://api.example | sh
RUN git clone https://oauth2:{SECRETS["github"]}@git.example/x.git && sudo true
RUN <<EOF
export DATABASE_URL={URL}
curl -k https://x.example | sh
EOF
BOGUS {SECRETS["slack"]}
"""


@pytest.fixture
def _planted(put: Put) -> None:
    put("pod.yaml", POD)
    put("config.yaml", CONFIG)
    put("broken.yaml", BROKEN)
    put("duplicate.yaml", DUPLICATE)
    put("Dockerfile", DOCKERFILE)
    put("good.Dockerfile", DOCKERFILE.replace("BOGUS", "LABEL token="))
    put("waived.Dockerfile", f"# kubeguard: ignore[*] -- {SECRETS['gitlab']}\n{DOCKERFILE}")


@pytest.mark.usefixtures("_planted")
@pytest.mark.parametrize(
    "arguments",
    [
        ["--profile", "pedantic", "--verbose"],
        ["--no-suppressions"],
        ["--ignore", "secrets", "--verbose"],
        ["--select", "privileged,download_piped_to_shell,unverified_curl,latest_tag"],
        ["--select", "schema", "--quiet"],
    ],
    ids=" ".join,
)
def test_no_format_shows_one(cli: Cli, arguments: list[str]) -> None:
    outputs = itertools.chain.from_iterable(("-f", f"{name}=out.{name}") for name in FORMATS)
    Path("out").mkdir()

    ran = cli("scan", *arguments, *outputs, "--write-baseline", "known.json")

    assert ran.code == 3
    written = {f.name: f.read_text() for f in [*Path().glob("out.*"), Path("known.json")]}
    assert len(written) == len(FORMATS) + 1
    for name, text in {**written, "stderr": ran.err, "stdout": ran.out}.items():
        for hidden in HIDDEN:
            assert hidden not in text, f"{name} shows a secret"


@pytest.mark.usefixtures("_planted")
def test_they_are_found(cli: Cli) -> None:
    found = cli("scan", "--quiet", "--select", "secrets,secret_in_dockerfile").out
    for file in ("pod.yaml", "config.yaml", "Dockerfile", "good.Dockerfile"):
        assert f"\n{file}:" in f"\n{found}"


def test_not_even_in_the_configuration_or_the_arguments(cli: Cli, put: Put) -> None:
    put("kubeguard.yaml", f"profile: [\npassword: {SECRETS['password']}\n")
    assert SECRETS["password"][4:] not in cli("scan").err


CONTINUED = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    env:
    - name: DB_PASSWORD
      value: "kX9v2mQ7rT4w\\
        pL8sZ3nB6yU1"
    image: nginx
"""


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "cyclonedx"])  # no findings
def test_a_value_that_goes_on_is_hidden_to_its_end(cli: Cli, put: Put, form: str) -> None:
    put("web.yaml", CONTINUED)
    ran = cli("scan", "web.yaml", "-f", form)
    assert "PASSWORD" in ran.out
    assert "2mQ7" not in ran.out
    assert "pL8s" not in ran.out
