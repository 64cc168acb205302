"""Containers that share processes share each other's memory and files."""

from collections.abc import Iterator

from kubeguard.checks.kit import Grade, Problem, Severity, Workload, check, put


@check(
    "KG3028",
    "Containers of the pod see each other's processes",
    on=Workload,
    severity=Severity.LOW,
    refs=("MITRE T1057",),
)
def shared_process_namespace(workload: Workload) -> Iterator[Problem]:
    if workload.get("shareProcessNamespace") is True:
        flag = workload.node["shareProcessNamespace"]
        fix = put(flag, False, grade=Grade.UNSAFE)
        yield Problem(flag, "the containers of the pod share their processes", fix)
