"""The default report: short, exact, and harmless to the terminal."""

from dataclasses import replace

import pytest
from handmade import (
    CONTEXT,
    EIGHT,
    EIGHT_FLAWS,
    EVERYTHING,
    HOST_NETWORK,
    NOTHING,
    ROOT,
    WEB,
    find,
    many,
)
from syrupy.assertion import SnapshotAssertion

from kubeguard.formats import Context, Style, render
from kubeguard.model.finding import Account, Outcome, Report
from kubeguard.model.location import Location, Span

QUIET = CONTEXT._replace(style=Style(quiet=True))


def test_a_deployment_with_eight_flaws_fits_on_a_screen(snapshot: SnapshotAssertion) -> None:
    text = render("text", EIGHT_FLAWS)
    assert text == snapshot
    assert len(text.splitlines()) <= 40


@pytest.mark.parametrize("verbose", [False, True], ids=["default", "verbose"])
def test_everything_a_report_can_hold(snapshot: SnapshotAssertion, verbose: bool) -> None:
    assert render("text", EVERYTHING, CONTEXT._replace(style=Style(verbose=verbose))) == snapshot


def test_quiet_is_one_line_for_each_finding_and_failure() -> None:
    assert render("text", EVERYTHING, QUIET).splitlines() == [
        "app/Dockerfile:1:6: info KG1001 the base image may change",
        "web.yaml:9:20: high KG3001 the pod joins the node's network namespace",
        "web.yaml:11:17: medium KG3020 container 'app' can write to its root file system",
        "live:spec.containers[0]: medium KG7001 container 'app' has no memory limit",
        "broken.yaml: failed: line 3, column 1: a tab cannot indent",
        "web.yaml: fault: KG3099 crashed: ZeroDivisionError: division by zero",
    ]


def test_quiet_says_nothing_about_a_clean_scan() -> None:
    report = Report(accounts=(Account("a.yaml", Outcome.JUDGED, "Kubernetes", objects=1),))
    assert render("text", report, QUIET) == ""


def test_a_column_far_to_the_right_stays_apart_from_the_severity() -> None:
    report = Report((find(HOST_NETWORK, "first", (1, 20_000, 20_004), lines=["x" * 20_010]),))
    assert "1:20000 high " in render("text", report)


def test_quiet_says_that_nothing_was_judged() -> None:
    assert render("text", NOTHING, QUIET) == "nothing was judged\n"


def test_a_scan_of_nothing_says_so() -> None:
    assert render("text", NOTHING) == (
        "No findings\n0 inputs judged (0 objects)\nNothing was judged.\n"
    )


def test_a_scan_that_never_fails_names_no_limit() -> None:
    text = render("text", EIGHT_FLAWS, CONTEXT._replace(fail_on=None))
    assert "\n8 findings: 1 critical, 2 high, 4 medium, 1 low\n" in text


def test_files_come_in_the_order_of_the_inputs_and_findings_by_line() -> None:
    accounts = tuple(Account(name, Outcome.JUDGED, "Kubernetes") for name in ("b", "a"))
    report = Report(tuple(reversed(_in("a") + _in("b"))), (), accounts)
    lines = render("text", report, QUIET).splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        *("b:9:20", "b:11:17", "b:11:17", "b:11:17", "b:12:18", "b:14:25", "b:15:24", "b:17:41"),
        *("a:9:20", "a:11:17", "a:11:17", "a:11:17", "a:12:18", "a:14:25", "a:15:24", "a:17:41"),
    ]


def _in(source: str) -> tuple:
    return tuple(replace(f, location=replace(f.location, source=source)) for f in EIGHT)


def test_two_places_on_one_line_share_the_line() -> None:
    lines = ["privileged: true, runAsUser: 0"]
    report = Report(
        (
            find(HOST_NETWORK, "first", (1, 13, 17), "one", lines=lines),
            find(ROOT, "second", (1, 30, 31), "two", lines=lines),
        )
    )
    assert render("text", report).splitlines()[2:7] == [
        "    1:13  high      KG3001  first",
        "    1:30  medium    KG3003  second",
        "    1 │ privileged: true, runAsUser: 0",
        "      │             ^^^^ fix: one",
        "      │                              ^ fix: two",
    ]


def test_a_fix_that_does_not_fit_beside_the_caret_stands_below() -> None:
    report = Report((find(HOST_NETWORK, "first", (9, 20, 24), "set " + "x" * 70),))
    assert render("text", report).splitlines()[3:6] == [
        "    9 │       hostNetwork: true",
        "      │                    ^^^^",
        f"      │ fix: set {'x' * 70}",
    ]


def test_fixes_of_one_place_stand_together() -> None:
    report = Report(
        (
            find(HOST_NETWORK, "first", (9, 20, 24), "set " + "x" * 70),
            find(ROOT, "second", (9, 20, 24), "short"),
        )
    )
    assert render("text", report).splitlines()[5:8] == [
        "      │                    ^^^^",
        f"      │ fix: set {'x' * 70}",
        "      │ fix: short",
    ]


def test_a_place_that_goes_on_below_is_marked_to_the_end_of_its_line() -> None:
    finding = find(HOST_NETWORK, "first", (1, 1, 2), lines=["RUN make \\", "  install"])
    finding = replace(finding, location=Location("Dockerfile", (), Span(1, 1, 2, 10)))
    assert render("text", Report((finding,))).splitlines()[4] == "      │ ^^^^^^^^^^"


def test_color_only_when_asked() -> None:
    assert "\x1b" not in render("text", EVERYTHING, CONTEXT)
    colored = render("text", EVERYTHING, CONTEXT._replace(style=Style(color=True)))
    assert "\x1b[31m\x1b[1mhigh    \x1b[0m  KG3001" in colored


@pytest.mark.parametrize("quiet", [False, True])
def test_no_line_begins_with_a_command_to_a_runner(quiet: bool) -> None:
    message = "value " + "y" * 60 + " ::stop-commands::x"
    report = Report(
        (find(HOST_NETWORK, message, (9, 20, 24), source="::error::x"),),
        accounts=(Account("::add-mask::y", Outcome.FAILED, "YAML", "::z"),),
    )
    text = render("text", report, Context(style=Style(quiet=quiet)))
    assert "::stop-commands" in text or "\\x3a:stop-commands" in text
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]


def test_the_object_is_named_once_for_its_findings() -> None:
    text = render("text", many(20))
    assert text.count(str(WEB)) == 2
    assert text.count("\nf/1.yaml\n") == 1
