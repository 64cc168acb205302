"""The policies that conftest and Trivy ship, judged here as the program opa judges them."""

from __future__ import annotations

import json
import lzma
import os
import random
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from kubeguard.model.manifest import Manifest
from kubeguard.model.views import View
from kubeguard.rego.engine import Engine
from kubeguard.rego.load import load
from kubeguard.rego.policies import Ask, PolicySet, Spec, Style
from kubeguard.sources.text import read

CONFTEST = "github.com/open-policy-agent/conftest@v0.71.1"
TRIVY = "github.com/aquasecurity/trivy-checks@v1.10.0"
CORPUS = os.environ.get("KUBEGUARD_CORPUS", "")

pytestmark = [
    pytest.mark.go,
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS, reason="KUBEGUARD_CORPUS does not say where the program opa is"),
    pytest.mark.skipif(not shutil.which("go"), reason="go is not here to fetch the policies"),
]

RESULT_NEW = """\
package shim

import rego.v1

result_new(msg, cause) := object.union(place(cause), {"msg": msg})

place(cause) := fields(cause.__defsec_metadata) if cause.__defsec_metadata

place(cause) := fields(cause) if not cause.__defsec_metadata

fields(from) := {
	"startline": object.get(from, "StartLine", object.get(from, "startline", 0)),
	"fskey": object.get(from, "fskey", ""),
} if {
	is_object(from)
} else := {"startline": 0, "fskey": ""}
"""
"""Trivy's `result.new` for a program that does not have it; of its fields those that place it."""


@pytest.fixture(scope="session")
def opa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, unpacked when it lies there packed."""
    there = Path(CORPUS, "bin/opa")
    if there.exists():
        return there
    program = tmp_path_factory.mktemp("bin") / "opa"
    program.write_bytes(lzma.decompress(there.with_suffix(".xz").read_bytes()))
    program.chmod(0o755)
    return program


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The modules' policies, out of the zips in Go's module cache."""
    return {name: _unpacked(name, tmp_path_factory.mktemp("module")) for name in (CONFTEST, TRIVY)}


def _unpacked(name: str, folder: Path) -> Path:
    environment = {**os.environ, "GOFLAGS": "-mod=mod"}
    command = ["go", "mod", "download", "-json", name]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)
    said = json.loads(ran.stdout or "{}")
    if ran.returncode or "Zip" not in said:
        pytest.skip(f"{name} cannot be fetched: {(said.get('Error') or ran.stderr).strip()[:200]}")
    with zipfile.ZipFile(said["Zip"]) as archive:
        wanted = ("examples/", "checks/docker/", "checks/kubernetes/", "lib/")
        names = [n for n in archive.namelist() if n.partition(name)[2][1:].startswith(wanted)]
        archive.extractall(folder, [n for n in names if not n.endswith("_test.rego")])
    return folder / name


class Oracle:
    """Asks the program about many inputs at once."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.program = program
        self.folder = folder

    def answers(
        self,
        modules: Mapping[str, str],
        data: Mapping[str, Any],
        queries: Sequence[str],
        inputs: Sequence[Any],
    ) -> list[dict[str, Any]]:
        """The defined answers by query, for each input."""
        files = []
        for number, text in enumerate(modules.values()):
            files.append(self.folder / f"{number}.rego")
            files[-1].write_text(text)
        (self.folder / "data.json").write_text(json.dumps(data))
        (self.folder / "input.json").write_bytes(orjson.dumps(list(inputs)))
        asked = ", ".join(f"{json.dumps(q)}: [v | v := data.{q} with input as x]" for q in queries)
        given = [part for file in (*files, self.folder / "data.json") for part in ("-d", str(file))]
        query = f"[a | some x in input; a := {{{asked}}}]"
        command = [
            self.program,
            "eval",
            "-f",
            "raw",
            "-i",
            self.folder / "input.json",
            *given,
            query,
        ]
        ran = subprocess.run(command, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr or ran.stdout
        answers = json.loads(ran.stdout)
        return [{query: found[0] for query, found in each.items() if found} for each in answers]


@pytest.fixture
def oracle(opa: Path, tmp_path: Path) -> Oracle:
    return Oracle(opa, tmp_path)


CHANCE = random.Random(20261121)
IMAGES = ("nginx", "nginx:latest", "ghcr.io/a/b:1", "registry.example/x@sha256:" + "0" * 64, "${X}")
KINDS = ("Deployment", "Pod", "Service", "CronJob", "Role", "ConfigMap", "StatefulSet", "Namespace")


def manifest() -> dict[str, Any]:
    """An object of some kind with settings that policies ask about, some of the wrong type."""
    kind = CHANCE.choice(KINDS)
    pod = _some(
        hostNetwork=[True, False, "yes"],
        hostPID=[True, None],
        securityContext=[{}, {"runAsNonRoot": True}, {"runAsUser": 0}, None],
        volumes=[[{"name": "v", "hostPath": {"path": "/var/run/docker.sock"}}], []],
        serviceAccountName=["default", "x"],
    ) | {"containers": [_container(n) for n in range(CHANCE.randint(0, 3))]}
    spec: dict[str, Any] = pod
    if kind in ("Deployment", "StatefulSet"):
        labels = [{"app": "a"}, {"app": "a", "release": "r"}, {}]
        spec = {"selector": {"matchLabels": CHANCE.choice(labels)}, "template": {"spec": pod}}
    elif kind == "CronJob":
        spec = {"jobTemplate": {"spec": {"template": {"spec": pod}}}}
    elif kind == "Service":
        ports = [{"port": CHANCE.choice([21, 22, 80])}]
        spec = {"type": CHANCE.choice(["LoadBalancer", "ClusterIP"]), "ports": ports}
        spec |= _some(externalIPs=[["1.2.3.4"]], selector=[{"app": "a"}])
    metadata = {"name": CHANCE.choice(["web", "can-run-as-root", "x"])}
    metadata |= _some(namespace=["kube-system", "default"], labels=[{"app": "a"}, None])
    rules = [{"apiGroups": ["*"], "resources": ["secrets", "pods/exec"], "verbs": ["*", "create"]}]
    return {
        "apiVersion": "apps/v1" if kind in ("Deployment", "StatefulSet") else "v1",
        "kind": kind,
        "metadata": metadata,
        **({"rules": rules} if kind == "Role" else {"spec": spec}),
    }


def _container(number: int) -> dict[str, Any]:
    return {"name": f"c{number}", "image": CHANCE.choice(IMAGES)} | _some(
        securityContext=[
            {"privileged": True, "capabilities": {"add": ["SYS_ADMIN", "NET_RAW"]}},
            {"readOnlyRootFilesystem": True, "runAsNonRoot": True, "runAsUser": 20000},
            {"capabilities": {"drop": ["ALL"]}, "allowPrivilegeEscalation": False},
            {"seccompProfile": {"type": "RuntimeDefault"}},
        ],
        resources=[{"limits": {"cpu": "1", "memory": "1Gi"}}, {"requests": {"cpu": 1}}, {}],
        ports=[[{"containerPort": 22, "hostPort": 22}]],
        command=[["kube-apiserver", "--anonymous-auth=true"], ["etcd"], "sh"],
        env=[[{"name": "A", "value": "b"}]],
    )


def _some(**options: Sequence[Any]) -> dict[str, Any]:
    return {key: CHANCE.choice(values) for key, values in options.items() if CHANCE.random() < 0.5}


LINES = (
    *("FROM openjdk:8-jdk-alpine", "FROM alpine:3.20 AS base", "FROM base", "FROM nginx:latest"),
    *(
        "RUN apt-get update && apt-get install curl",
        "RUN apk add --no-cache x",
        "RUN cd /x && sudo y",
    ),
    *(
        "RUN pip install x",
        "RUN yum install a",
        "RUN <<EOF\ncurl x\nwget y\nEOF",
        "RUN apt-get update",
    ),
    *(
        "USER root",
        "USER 1000",
        "EXPOSE 22",
        "EXPOSE 80 70000",
        "ADD x /y",
        "COPY a b /c",
        "WORKDIR x",
    ),
    *("HEALTHCHECK CMD x", 'CMD ["a"]', "CMD b", "ENTRYPOINT c", "MAINTAINER me", "ARG V=1"),
    *("ENV PASSWORD=x a=b", "COPY --from=base a b", "ONBUILD RUN curl x", "# comment"),
)


def dockerfile() -> str:
    return "\n".join(["FROM scratch AS base", *CHANCE.choices(LINES, k=CHANCE.randint(0, 9)), ""])


def views(number: int) -> list[View]:
    """Manifests, then half as many Dockerfiles."""
    texts = [(f"{n}.yaml", yaml.safe_dump(manifest())) for n in range(number)]
    texts += [(f"{n}/Dockerfile", dockerfile()) for n in range(number // 2)]
    made: list[View] = []
    for name, text in texts:
        reading = read(name, text.encode())
        made += map(Manifest, reading.objects)
        made += [reading.dockerfile] if reading.dockerfile else []
    return made


def heard(
    policies: PolicySet, engine: Engine, asks: Sequence[Ask]
) -> Iterator[tuple[Ask, str, list[str]]]:
    """The messages of each rule about each input, under the path it has in the policy."""
    for ask in asks:
        queries = [question.query for question in ask.questions]
        (answers,) = engine.evaluate(policies.program, queries, [ask.input])
        for question, answer in zip(ask.questions, answers, strict=True):
            assert answer.failure is None
            found = policies.problems(ask, question, answer.value) if answer.defined else ()
            path = question.query.removeprefix("kubeguard_asking.asked.")
            yield ask, path, sorted(problem.message for _, problem in found)


@pytest.mark.parametrize(
    ("example", "options"),
    [
        ("kubernetes/policy", {}),
        ("docker/policy", {"namespaces": ("main", "commands")}),
        ("exceptions/policy", {}),
        ("data/policy", {"data": ("data/exclusions",)}),
        ("kubernetes/combine", {"combine": True}),
        ("combine/policy", {"combine": True}),
        ("configfile", {}),
        ("compose/policy", {}),
        ("kustomize/policy", {}),
        ("report/policy", {"style": "conftest"}),
    ],
)
def test_conftests_examples(
    unpacked: dict[str, Path], oracle: Oracle, engine: Engine, example: str, options: dict[str, Any]
) -> None:
    folder = unpacked[CONFTEST] / "examples"
    options = options | {"data": tuple(str(folder / each) for each in options.get("data", ()))}
    asked = 0
    for policies in load(Spec(str(folder / example), **options), engine):
        assert policies.style is Style.CONFTEST
        sources = {
            p.module: Path(p.module).read_text()
            for p in policies.program.packages
            if Path(p.module).is_file()
        }
        data = {"services": {"ports": [22, 21]}} if example.startswith("data") else {}
        rounds = 12 if "combine" in options else 1
        asks = [ask for _ in range(rounds) for ask in policies.asks(views(60 // rounds**2 or 1))]
        found = list(heard(policies, engine, asks))
        rules = {rule.path for rule in policies.program.rules}
        queries = sorted({path for _, path, _ in found} | ({"main.exception"} & rules))
        answers = oracle.answers(sources, data, queries, [ask.input for ask in asks])
        by_ask = {id(ask): answer for ask, answer in zip(asks, answers, strict=True)}
        for ask, path, messages in found:
            expected = _conftest_says(by_ask[id(ask)], path)
            assert messages == expected, (path, ask.input)
            asked += bool(messages)
    assert asked > 0 or example in ("combine/policy", "compose/policy")


def _conftest_says(answer: Mapping[str, Any], path: str) -> list[str]:
    """What conftest makes of OPA's answers: policy/engine.go of the module."""
    name = path.rpartition(".")[2]
    short = "" if "_" not in name else name.partition("_")[2]
    if any(short in rules for rules in answer.get("main.exception", [])):
        return []
    value = answer.get(path)
    results = value if isinstance(value, list) else []
    messages = [each["msg"] if isinstance(each, dict) else each for each in results]
    return sorted(message.strip() for message in messages if message)


FOREIGN = ("squealer.", "cidr.", "sh.parse_commands", "isManaged")
"""What opa has not and the shim is not."""


@pytest.mark.parametrize(
    "folders",
    [("examples/kubernetes",), ("checks/docker", "lib/docker"), ("checks/kubernetes", "lib")],
)
def test_trivys_checks(
    unpacked: dict[str, Path],
    oracle: Oracle,
    engine: Engine,
    tmp_path: Path,
    folders: tuple[str, ...],
) -> None:
    sources: dict[str, str] = {}
    for file in (f for folder in folders for f in (unpacked[TRIVY] / folder).rglob("*.rego")):
        text = file.read_text()
        if not any(name in text for name in FOREIGN):
            copy = tmp_path / "checks" / file.relative_to(unpacked[TRIVY])
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text)
            sources[str(copy)] = text
    (policies,) = load(Spec(str(tmp_path / "checks")), engine)
    assert policies.style is Style.TRIVY
    left_out = {
        Path(t.node.source.name) for t in policies.troubles if t.kind.value.startswith("une")
    }
    shimmed = {
        name: text.replace("result.new(", "data.shim.result_new(").replace(
            'schema["', 'schema["no-'
        )
        for name, text in sources.items()
        if Path(name) not in left_out
    }
    asks = [ask for ask in policies.asks(views(40)) if ask.questions]
    queries = sorted({question.query for question in policies.questions})
    modules = {**shimmed, "shim": RESULT_NEW}
    answers = oracle.answers(modules, {"namespaces": []}, queries, [ask.input for ask in asks])
    results = 0
    for ask, answer in zip(asks, answers, strict=True):
        asked = [question.query for question in ask.questions]
        (ours,) = engine.evaluate(policies.program, asked, [ask.input])
        for query, own in zip(asked, ours, strict=True):
            assert own.failure is None
            assert _placed(own.value if own.defined else None) == _placed(answer.get(query)), query
            results += len(own.value or ())
    assert results > 0


def _placed(value: Any) -> list[tuple[Any, ...]]:
    """Message and place of each result, in an order of their own."""
    items = value if isinstance(value, list) else [value] if value is not None else []
    keys = ("msg", "startline", "fskey")
    return sorted(
        (str(tuple(item.get(key) for key in keys)) if isinstance(item, dict) else str(item),)
        for item in items
    )
