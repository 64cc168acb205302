"""The web page in a real Chromium: by keyboard, without scripts, and as axe-core judges it."""

import re
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from cluster import Cluster, running_cluster
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

pytestmark = [pytest.mark.chromium, pytest.mark.processes]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with running_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        options = {"executable_path": CHROMIUM, "args": ["--no-sandbox"]}
        browser = playwright.chromium.launch(**options)
        yield browser
        browser.close()


@pytest.fixture(params=["light", "dark", "narrow"])
def context(request, browser):
    """A window that trusts our certificate, and complains of nothing in its console."""
    narrow = request.param == "narrow"
    context = browser.new_context(
        ignore_https_errors=True,
        color_scheme="dark" if request.param == "dark" else "light",
        viewport={"width": 360 if narrow else 1100, "height": 900},
    )
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    context.close()
    assert complaints == []


def sign_in(context: BrowserContext, cluster: Cluster) -> Page:
    """Sign in by the keyboard."""
    page = context.new_page()
    page.goto(cluster.url("user"))
    page.get_by_label("API key").press_sequentially(cluster.key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ask about Kubernetes security")
    return page


def problems(page: Page) -> list[str]:
    """What axe-core finds wrong, and whether the page is wider than its window."""
    found = [each["id"] for each in Axe().run(page).response["violations"]]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append("wider than the window")
    return found


def test_ask_by_keyboard_and_read_the_source(context: BrowserContext, cluster: Cluster) -> None:
    page = sign_in(context, cluster)
    assert problems(page) == []
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type("Which rights does a pod need?")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Which rights does a pod need?")
    expect(page.get_by_text("You asked: Which rights")).to_be_visible()
    expect(page.get_by_role("region", name="Source")).to_contain_text("Drop all capabilities.")
    expect(page.get_by_label("Confidence")).to_have_attribute("value", "0.75")
    assert problems(page) == []
    page.get_by_role("button", name="Yes").press("Enter")
    expect(page.get_by_role("status")).to_have_text("Thank you.")
    expect(page.get_by_role("button", name="Yes")).to_have_attribute("aria-pressed", "true")
    assert problems(page) == []


def test_unknown_search_statistics_erase_and_sign_out(context, cluster: Cluster) -> None:
    page = sign_in(context, cluster)
    page.get_by_label("Your question").fill("Who won the cup?")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("I do not know.")).to_be_visible()
    assert problems(page) == []
    page.get_by_role("link", name="Ask something else").click()
    page.get_by_label("Words to look for").fill("cup")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("link", name="Who won the cup?")).to_be_visible()
    assert "cup" not in page.url
    page.get_by_role("link", name="Statistics").click()
    expect(page.get_by_role("table", name="Figures by day")).to_be_visible()
    assert problems(page) == []
    page.get_by_role("link", name="Erase").click()
    assert problems(page) == []
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_role("status")).to_have_text(re.compile(r"Deleted: \d+ question"))
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.goto(cluster.url("user"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert problems(page) == []


def test_why_this_answer_and_a_digit_drawn_by_keyboard(context, cluster: Cluster) -> None:
    page = sign_in(context, cluster)
    page.get_by_label("Your question").fill("What is a pod?")
    page.get_by_role("button", name="Ask").click()
    page.get_by_role("link", name="Why this answer?").click()
    expect(page.get_by_role("img", name="What each word adds")).to_be_visible()
    expect(page.get_by_text("<b>pod</b>")).to_be_visible()
    assert problems(page) == []
    page.get_by_role("link", name="How the model decides").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How the model decides")
    assert problems(page) == []
    page.get_by_role("link", name="Digits").click()
    page.get_by_role("checkbox", name="Row 1, column 1").press("Space")
    page.get_by_role("button", name="Read it").press("Enter")
    expect(page.get_by_role("checkbox", name="Row 1, column 1")).to_be_checked()
    expect(page.get_by_role("heading", level=2)).to_have_text("This is a 7")
    assert problems(page) == []


def test_markup_is_text(context: BrowserContext, cluster: Cluster) -> None:
    page = sign_in(context, cluster)
    hostile = "<img src=x onerror=alert(1)> & <script>alert(2)</script> pod"
    page.get_by_label("Your question").fill(hostile)
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(hostile)


def test_cookie_is_out_of_reach(context: BrowserContext, cluster: Cluster) -> None:
    page = sign_in(context, cluster)
    (cookie,) = context.cookies()
    assert cookie["name"] == "__Host-session"
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Strict")
    assert page.evaluate("document.cookie") == ""
