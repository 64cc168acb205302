"""The page in a real browser, by keyboard alone."""

import time
from pathlib import Path

import pytest
from browser import Browser
from handmade import CONTEXT, EVERYTHING, many

from kubeguard.formats import render
from kubeguard.model.finding import Report

pytestmark = pytest.mark.browser

ENTER, ESCAPE, TAB = "\ue007", "\ue00c", "\ue004"
VISIBLE = """
return [...document.querySelectorAll("article")]
  .filter((article) => article.checkVisibility())
  .map((article) => article.dataset.check);
"""


def show(browser: Browser, folder: Path, report: Report = EVERYTHING) -> None:
    page = folder / "report.html"
    page.write_text(render("html", report, CONTEXT), encoding="utf-8")
    browser.open(page)
    browser.run("try { localStorage.clear(); } catch {}")


def test_only_what_counts_is_shown_at_first(browser: Browser, tmp_path: Path) -> None:
    show(browser, tmp_path)
    assert browser.run(VISIBLE) == ["KG1001", "KG3001", "KG3020", "KG7001"]
    assert browser.run("return document.querySelector('#shown').textContent") == "4 shown"


@pytest.mark.parametrize(
    ("keys", "checks"),
    [
        ("s", ["KG1001", "KG3001", "KG3020", "KG3002", "KG3003", "KG7001"]),
        ("3", ["KG1001", "KG3001"]),
        ("25", ["KG3020", "KG7001"]),
        ("3x", ["KG1001", "KG3001", "KG3020", "KG7001"]),
        ("/root file", ["KG3020"]),
        ("/deployment limit", ["KG7001"]),
        ("/nothing like that", []),
    ],
)
def test_filters_by_keyboard(
    browser: Browser, tmp_path: Path, keys: str, checks: list[str]
) -> None:
    show(browser, tmp_path)
    browser.press(*keys)
    assert browser.run(VISIBLE) == checks
    assert browser.run("return document.querySelector('#none').hidden") is bool(checks)


@pytest.mark.parametrize(
    ("filter", "value", "checks"),
    [("file", "2", ["KG3001", "KG3020"]), ("check", "KG7001", ["KG7001"])],
)
def test_filters_by_choice(
    browser: Browser, tmp_path: Path, filter: str, value: str, checks: list[str]
) -> None:
    show(browser, tmp_path)
    browser.run(
        f"const choice = document.querySelector('#{filter}'); choice.value = '{value}';"
        "choice.dispatchEvent(new Event('change'));"
    )
    assert browser.run(VISIBLE) == checks


def test_next_and_previous(browser: Browser, tmp_path: Path) -> None:
    show(browser, tmp_path)
    focused = "return document.activeElement.dataset.check"
    browser.press("j", "j", "j")
    assert browser.run(focused) == "KG3020"
    browser.press("k")
    assert browser.run(focused) == "KG3001"


def test_the_search_is_left_with_escape(browser: Browser, tmp_path: Path) -> None:
    show(browser, tmp_path)
    browser.press("/", "j", ESCAPE)
    browser.press("x", "j")
    assert browser.run("return document.querySelector('#search').value") == ""
    assert browser.run("return document.activeElement.dataset.check") == "KG1001"


def test_the_theme_is_remembered(browser: Browser, tmp_path: Path) -> None:
    show(browser, tmp_path)
    background = "return getComputedStyle(document.body).backgroundColor"
    light = browser.run(background)
    browser.press("t")
    dark = browser.run(background)
    assert dark != light
    browser.open(tmp_path / "report.html")
    assert browser.run(background) == dark


def test_the_keys_are_explained(browser: Browser, tmp_path: Path) -> None:
    show(browser, tmp_path)
    browser.press("?")
    assert browser.run("return document.querySelector('#help').open") is True
    browser.press(ESCAPE)
    assert browser.run("return document.querySelector('#help').open") is False


def test_the_focus_goes_through_the_page_in_reading_order(browser: Browser, tmp_path: Path) -> None:
    show(browser, tmp_path)
    order = []
    for _ in range(9):
        browser.press(TAB)
        order.append(
            browser.run(
                "const it = document.activeElement;"
                "return it.id || it.dataset.severity || it.className || it.textContent.trim()"
            )
        )
    assert order == [
        "skip",
        "theme",
        "high",
        "medium",
        "info",
        "settled",
        "search",
        "file",
        "check",
    ]


def test_nothing_is_complained_about(browser: Browser, tmp_path: Path) -> None:
    """The policy lets our own style and script run: the page has its looks and its filters."""
    show(browser, tmp_path)
    assert browser.run("return document.querySelector('.filters').checkVisibility()") is True
    assert (
        browser.run("return getComputedStyle(document.querySelector('article')).display") == "grid"
    )


def test_ten_thousand_findings_are_filtered_at_once(browser: Browser, tmp_path: Path) -> None:
    show(browser, tmp_path, many(10_000))
    started = time.perf_counter()
    browser.press("/", *"runtime")
    assert len(browser.run(VISIBLE)) == 1250
    assert time.perf_counter() - started < 10
