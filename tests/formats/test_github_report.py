"""Workflow commands that annotate and cannot be made to do anything else."""

from dataclasses import replace

from handmade import CONTEXT, EIGHT, EVERYTHING, HOST_NETWORK, NOTHING, find

from kubeguard.formats import render
from kubeguard.model.finding import Report
from kubeguard.model.location import Span


def test_the_worst_comes_first_and_the_summary_last() -> None:
    assert render("github", EVERYTHING, CONTEXT).splitlines() == [
        "::error file=broken.yaml,title=input failed::line 3, column 1: a tab cannot indent",
        "::error file=web.yaml,title=KG3099 crashed::ZeroDivisionError: division by zero",
        "::error file=web.yaml,line=9,endLine=9,col=20,endColumn=23,"
        "title=KG3001 Workload shares the node's network"
        "::the pod joins the node's network namespace%0Afix: remove spec.hostNetwork",
        "::warning file=web.yaml,line=11,endLine=11,col=17,endColumn=19,"
        "title=KG3020 Root file system is writable"
        "::container 'app' can write to its root file system"
        "%0Afix: set securityContext.readOnlyRootFilesystem: true",
        "::warning file=live,title=KG7001 Memory has no limit"
        "::container 'app' has no memory limit%0Afix: set resources.limits.memory",
        "::notice file=app/Dockerfile,line=1,endLine=1,col=6,endColumn=12,"
        "title=KG1001 Base image has no digest::the base image may change",
        "::notice title=kubeguard::skipped: not Kubernetes or Dockerfile (2)",
        "::notice title=kubeguard::skipped: a Helm template: render it first (1)",
        "::notice title=kubeguard::4 findings: 1 high, 2 medium, 1 info (3 at medium or above);"
        " 1 suppressed, 1 in the baseline. 4 inputs judged (7 objects), 3 skipped, 1 failed,"
        " 1 fault.",
    ]


def test_text_cannot_leave_its_place() -> None:
    finding = find(
        HOST_NETWORK,
        "50%\n::set-output name=x::y\r::error::z",
        (9, 20, 24),
        source="a,line=1::b%2C\n.yaml",
    )
    assert render("github", Report((finding,))).splitlines()[1] == (
        "::error file=a%2Cline=1%3A%3Ab%252C\\n.yaml,line=9,endLine=9,col=20,endColumn=23,"
        "title=KG3001 Workload shares the node's network"
        "::50%25%0A::set-output name=x::y\\r::error::z"
    )


def test_columns_are_left_out_for_several_lines() -> None:
    location = replace(EIGHT[0].location, span=Span(9, 7, 11, 4))
    report = Report((replace(EIGHT[0], location=location),))
    assert ",line=9,endLine=11,title=" in render("github", report)


def test_a_scan_of_nothing_is_an_error() -> None:
    assert render("github", NOTHING).startswith("::error title=kubeguard::nothing was judged\n")
