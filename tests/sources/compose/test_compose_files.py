"""A Compose file is judged by the checks of pods, and told in its own places and words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubeguard import api, engine
from kubeguard.model.finding import Outcome, Report
from kubeguard.model.node import Node, Source
from kubeguard.model.reading import Reading
from kubeguard.model.severity import Profile
from kubeguard.policy.configuration import Options
from kubeguard.sources.compose.counterparts import COUNTERPARTS
from kubeguard.sources.compose.interpolation import VariableError, interpolated
from kubeguard.sources.compose.reader import _DECIDED, _ELSEWHERE, pods
from kubeguard.sources.text import read

HARD = """\
name: shop
services:
  web:
    image: registry.example.com/web:1.2@sha256:{digest}
    user: "65532:65532"
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    mem_limit: 64m
    cpus: 0.5
    healthcheck: {{test: [CMD, /web, check]}}
""".format(digest="0" * 64)
NNP = "no-new-privileges"
LINE = HARD.count("\n") + 1
"""Where the line is that a case adds."""


def audit(tmp_path: Path, text: str) -> Report:
    file = tmp_path / "compose.yaml"
    file.write_text(text)
    return api.audit(file, policy=api.load_policy(None, Options(profile="pedantic")))


def told(report: Report) -> list[tuple[str, int]]:
    assert not report.faults
    places = [(f.check.name, f.location.span) for f in report.findings]
    return sorted((name, span.line if span else 0) for name, span in places)


def test_hardened_service_is_clean(tmp_path: Path) -> None:
    report = audit(tmp_path, HARD)
    assert told(report) == []
    assert [(a.outcome, a.what, a.objects) for a in report.accounts] == [
        (Outcome.JUDGED, "Compose file", 1)
    ]


@pytest.mark.parametrize(
    ("added", "checks"),
    [
        ("privileged: true", ["privileged"]),
        ("privileged: 'yes'", ["privileged"]),
        ("privileged: false", []),
        ("network_mode: host", ["host_network"]),
        ("network_mode: none", []),
        ("pid: host", ["host_pid"]),
        ("pid: service:db", ["shared_process_namespace"]),
        ("ipc: host", ["host_ipc"]),
        ("cap_add: [CAP_SYS_ADMIN]", ["sys_admin_capability"]),
        ("cap_add: [chown]", ["regained_capabilities"]),
        ("group_add: [0]", ["root_group"]),
        ("sysctls: {kernel.msgmax: 1}", ["unsafe_sysctls"]),
        ("sysctls: [kernel.msgmax=1]", ["unsafe_sysctls"]),
        ("sysctls: [net.ipv4.ip_local_port_range=1 2]", []),
        ("ports: ['8080:80']", ["host_port"]),
        ("ports: [8080]", ["host_port"]),
        ("ports: ['0.0.0.0:8080:80/tcp', '[::]:8080:80']", ["host_port", "host_port"]),
        ("ports: ['127.0.0.1:8080:80', '[::1]:8080:80']", []),
        ("ports: ['${BIND:-127.0.0.1}:8080:80']", []),
        ("ports: [{target: 80, published: '8080'}]", ["host_port"]),
        ("ports: [{target: 80, published: '8080', host_ip: 10.0.0.1}]", []),
        ("volumes: [/var/run/docker.sock:/s:ro]", ["runtime_socket"]),
        ("use_api_socket: true", ["runtime_socket"]),
        ("volumes: ['/:/host:ro']", ["sensitive_host_path"]),
        ("volumes: ['/srv/data/x:/data:ro,z']", ["host_path"]),
        ("volumes: ['/srv/data/x:/data']", ["host_path", "writable_host_path"]),
        (
            "volumes: [{type: bind, source: /etc, target: /e, read_only: true}]",
            ["sensitive_host_path"],
        ),
        ("volumes: ['./nginx.conf:/etc/nginx.conf:ro']", []),
        ("volumes: ['../../etc:/e:ro']", ["host_path"]),
        ("volumes: ['${DATA}:/e:ro']", ["host_path"]),
        ("volumes: [data:/var/lib/data, /anonymous]", []),
        ("devices: [/dev/mem:/dev/mem]", ["sensitive_host_path"]),
        ("devices: [{source: /dev/mem, target: /dev/mem}]", ["sensitive_host_path"]),
        ("tmpfs: /tmp:size=16m", []),
        ("tmpfs: ['/run:mode=0700,size=1m']", []),
        ("environment: {PASSWORD: hunter2-of-ours}", ["literal_secret"]),
        ("environment: ['PASSWORD=${OURS:-hunter2-of-ours}']", ["literal_secret"]),
        ("environment: {PASSWORD: '${PASSWORD}', USER: }", []),
        ("environment: ['PASSWORD=${PASSWORD:?give one}', TOKEN]", []),
        ("command: web --password=hunter2-of-ours", ["literal_secret"]),
        ("extends: {service: base}", ["unjudged_compose_file"]),
        ("volumes_from: [db]", ["unjudged_compose_file"]),
        ("pre_stop: [{command: x, privileged: true}]", ["unjudged_compose_file"]),
        ("ipc: ${IPC}", ["unjudged_compose_file"]),
        ("ipc: ${IPC:-private}", []),
        ("ipc: ${IPC", ["unjudged_compose_file"]),
        ("volumes: 7", []),
    ],
)
def test_what_a_service_adds(tmp_path: Path, added: str, checks: list[str]) -> None:
    report = audit(tmp_path, f"{HARD}    {added}\n")
    expected = sorted((name, LINE) for name in checks)
    assert told(report) == expected


@pytest.mark.parametrize(
    ("line", "instead", "checks"),
    [
        ("user:", "", ["unenforced_non_root"]),
        ("user:", "user: root", ["root_user"]),
        ("user:", "user: 0:0", ["root_group", "root_user"]),
        ("user:", "user: nobody", []),
        ("user:", "user: ''", ["unenforced_non_root"]),
        ("user:", "user: ':5'", ["unenforced_non_root"]),
        ("user:", "user: ${NOBODY:-}", ["unenforced_non_root"]),
        ("user:", "user: '+0'", ["root_user"]),
        ("user:", f"user: '{'0' * 5000}'", ["root_user"]),
        ("user:", f"user: '{'9' * 5000}:{'9' * 5000}'", []),
        ("user:", "user: $UID", ["unjudged_compose_file"]),
        ("read_only:", "", ["writable_root_filesystem"]),
        ("cap_drop:", "", ["raw_sockets", "undropped_capabilities"]),
        ("cap_drop:", "cap_drop: [NET_RAW]", ["undropped_capabilities"]),
        ("cap_drop:", "cap_drop: [all]", []),
        ("security_opt:", "", ["privilege_escalation"]),
        ("security_opt:", "security_opt: [no-new-privileges=false]", ["privilege_escalation"]),
        ("security_opt:", "security_opt: [no-new-privileges]", []),
        ("security_opt:", f"security_opt: [{NNP}, seccomp=unconfined]", ["unconfined_seccomp"]),
        ("security_opt:", f"security_opt: [{NNP}, 'seccomp:./s.json']", []),
        ("security_opt:", f"security_opt: [{NNP}, apparmor:unconfined]", ["unconfined_apparmor"]),
        ("security_opt:", f"security_opt: [{NNP}, label:disable]", ["custom_selinux"]),
        ("security_opt:", f"security_opt: [{NNP}, systempaths=unconfined]", ["unmasked_proc"]),
        ("mem_limit:", "", ["missing_memory_limit"]),
        ("mem_limit:", "mem_limit: 0", ["missing_memory_limit"]),
        ("mem_limit:", "deploy: {resources: {limits: {memory: 64m}}}", []),
        ("cpus:", "deploy: {resources: {limits: {cpus: '0.5'}}}", []),
        ("cpus:", "", ["missing_cpu_limit"]),
        ("healthcheck:", "restart: always", ["missing_readiness_probe"]),
        ("healthcheck:", "restart: on-failure", []),
        ("image:", "image: web", ["latest_tag", "missing_digest"]),
        ("image:", "image: ${IMAGE:?by digest}", []),
        ("image:", "build: .", []),
    ],
)  # fmt: skip
def test_what_a_service_lacks(tmp_path: Path, line: str, instead: str, checks: list[str]) -> None:
    lines = HARD.splitlines()
    at = next(number for number, each in enumerate(lines) if each.strip().startswith(line))
    lines[at] = f"    {instead}" if instead else "    # nothing"
    found = told(audit(tmp_path, "\n".join(lines)))
    place = at + 1 if instead and checks != ["missing_readiness_probe"] else 3
    if instead == "mem_limit: 0":
        place = at + 1
    assert found == sorted((name, place) for name in checks)


def test_part_of_a_service_is_not_asked_for_what_it_lacks(tmp_path: Path) -> None:
    report = audit(tmp_path, "services:\n  web:\n    pid: host\n")
    assert told(report) == [("host_pid", 3), ("unjudged_compose_file", 2)]


def test_folder_behind_a_named_volume(tmp_path: Path) -> None:
    bound = "volumes:\n  data:\n    driver_opts: {type: none, o: bind, device: /etc}\n"
    report = audit(tmp_path, f"{HARD}    volumes: [data:/data:ro]\n{bound}")
    assert told(report) == [("sensitive_host_path", LINE + 3)]


def test_merged_and_anchored_settings_are_told_where_they_stand(tmp_path: Path) -> None:
    text = HARD.replace("  web:\n", "  web:\n    <<: *more\n").replace(
        "services:", "x-more: &more\n  privileged: true\nservices:"
    )
    assert told(audit(tmp_path, text)) == [("privileged", 3)]


def test_subject_fix_and_identity_are_those_of_the_service(tmp_path: Path) -> None:
    finding = audit(tmp_path, f"{HARD}    privileged: true\n").findings[0]
    assert str(finding.subject) == "service shop/web"
    assert finding.location.path == ("services", "web", "privileged")
    assert finding.fix
    assert (finding.fix.hint, finding.fix.edits) == ("remove privileged", ())


def test_comment_suppresses(tmp_path: Path) -> None:
    text = f"{HARD}    pid: host  # kubeguard: ignore[host_pid] -- it watches the machine\n"
    (finding,) = audit(tmp_path, text).findings
    assert finding.suppression


def test_include_is_said(tmp_path: Path) -> None:
    assert told(audit(tmp_path, f"include: [more.yaml]\n{HARD}")) == [("unjudged_compose_file", 1)]


def test_compose_and_kubernetes_do_not_mix(tmp_path: Path) -> None:
    """A service is in no namespace, and is selected by nothing."""
    (tmp_path / "service.yaml").write_text(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"
        "spec: {selector: {app: web}, ports: [{port: 80}]}\n"
    )
    (tmp_path / "compose.yaml").write_text(HARD)
    both = api.audit(tmp_path).findings
    alone = api.audit(tmp_path / "service.yaml").findings
    assert [f.check.name for f in both] == [f.check.name for f in alone]
    assert api.objects(tmp_path)[0].get("kind") == "Service"
    assert len(api.objects(tmp_path)) == 1


def test_several_processes_say_the_same(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"compose-{number}.yaml").write_text(f"{HARD}    pid: host\n")
    one, two = (api.audit(tmp_path, jobs=jobs) for jobs in (1, 2))
    assert told(one) == told(two) == [("host_pid", LINE)] * 4


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("services: {}\n", Outcome.SKIPPED),
        ("services: {web: }\n", Outcome.SKIPPED),
        ("", Outcome.SKIPPED),
        ("services: &a {web: *a}\n", Outcome.FAILED),
        ("services: {web: {image: [}}\n", Outcome.FAILED),
        ("services:\n\tweb: x\n", Outcome.FAILED),
    ],
)
def test_odd_files(text: str, outcome: Outcome) -> None:
    assert read("docker-compose.yml", text.encode()).outcome is outcome


def test_binary_file() -> None:
    assert read("docker-compose.yml", bytes(range(256)) * 9).outcome is Outcome.FAILED


_KEYS = {*_DECIDED, *_ELSEWHERE, *(each.key for each in COUNTERPARTS.values())}
_KEYS |= {"deploy", "restart", "secrets", "configs", "source", "type", "driver_opts", "device"}
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("$:{}/.=a0-", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(_KEYS)), inner)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(_KEYS)), _values))
def test_any_value_anywhere(service: dict[str, object]) -> None:
    document = Node({"services": {"web": service}, "volumes": service}, Source("compose.yaml"))
    found = pods(document)
    checks = [c for c in api.load_checks() if c.profile <= Profile.PEDANTIC]
    reading = Reading("compose.yaml", Outcome.JUDGED, "Compose file", objects=found.objects)
    assert not engine.audit([reading], checks).faults


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A${A}", "11"),
        ("$$A", "$A"),
        ("${NO:-x}${NO-y}${EMPTY:-z}${EMPTY-w}", "xyz"),
        ("${A:+yes}${EMPTY+yes}${EMPTY:+no}${NO+no}", "yesyes"),
        ("${NO:-${A:-b}}", "1"),
        ("${NO}", ""),
        ("${A:?needed}", "1"),
    ],
)
def test_interpolation(text: str, expected: str) -> None:
    assert interpolated(text, {"A": "1", "EMPTY": ""}) == expected


@pytest.mark.parametrize(
    "text", ["${NO:?needed}", "${EMPTY:?}", "${A", "a $ b", "${A:-${A}", "${1}"]
)
def test_interpolation_refused(text: str) -> None:
    with pytest.raises(VariableError):
        interpolated(text, {"A": "1", "EMPTY": ""})


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(VariableError, match="nested too deep"):
        interpolated("${A:-" * 5000, {})
