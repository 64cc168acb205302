"""JUnit XML that a dashboard counts as a reader would."""

from xml.etree.ElementTree import Element, fromstring

from handmade import CONTEXT, EVERYTHING, NOTHING

from kubeguard.formats import render
from kubeguard.model.finding import Report


def suites(report: Report) -> Element:
    return fromstring(render("junit", report, CONTEXT))


def test_counts() -> None:
    root = suites(EVERYTHING)
    counted = ("tests", "failures", "errors", "skipped")
    assert [(suite.get("name"), *(suite.get(key) for key in counted)) for suite in root] == [
        ("app/Dockerfile", "1", "1", "0", "0"),
        ("broken.yaml", "1", "0", "1", "0"),
        ("chart/templates/web.yaml", "1", "0", "0", "1"),
        ("LICENSE", "1", "0", "0", "1"),
        ("main.go", "1", "0", "0", "1"),
        ("web.yaml", "4", "2", "0", "2"),
        ("clean.yaml", "1", "0", "0", "0"),
        ("live", "1", "1", "0", "0"),
        ("kubeguard", "1", "0", "1", "0"),
    ]
    assert [root.get(key) for key in counted] == ["12", "4", "2", "5"]


def test_a_finding_is_a_failed_test() -> None:
    case = suites(EVERYTHING)[5][0]
    assert case.get("classname") == "web.yaml"
    assert case.get("name") == "KG3001 Workload shares the node's network (9:20)"
    (failure,) = case
    assert (failure.tag, failure.get("type")) == ("failure", "high")
    assert failure.get("message") == "the pod joins the node's network namespace"
    assert failure.text == (
        "web.yaml:9:20: high KG3001 the pod joins the node's network namespace\n"
        "Deployment shop/web\n"
        "fix: remove spec.hostNetwork"
    )


def test_reasons_are_messages() -> None:
    root = suites(EVERYTHING)
    messages = [element.get("message") for suite in root for case in suite for element in case]
    assert "line 3, column 1: a tab cannot indent" in messages
    assert "not Kubernetes or Dockerfile" in messages
    assert "suppressed by comment: the node agent needs it, until 2027-01-31" in messages
    assert "in the baseline" in messages
    assert "ZeroDivisionError: division by zero" in messages


def test_a_clean_file_passes() -> None:
    (case,) = suites(EVERYTHING)[6]
    assert len(case) == 0


def test_a_scan_of_nothing_is_an_error() -> None:
    assert suites(NOTHING)[0][0][0].get("message") == "nothing was judged"
