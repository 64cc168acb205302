"""Chromium through chromedriver's HTTP interface (W3C WebDriver), with the standard library."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1000",
)
_OPENER = build_opener(ProxyHandler({}))


def missing() -> str:
    """What has to be installed for these tests; '' when all is there."""
    if not any(map(shutil.which, NAMES)):
        return f"needs Chromium: none of {', '.join(NAMES)} is on PATH"
    return "" if shutil.which("chromedriver") else "needs chromedriver on PATH"


class Browser:
    """One page at a time."""

    def __init__(self, session: str) -> None:
        self.session = session

    @classmethod
    @contextmanager
    def start(cls, profile: Path) -> Iterator["Browser"]:
        """A browser with its own profile, ended with the context."""
        driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        assert driver.stdout is not None
        try:
            port = next(
                found[1]
                for line in driver.stdout
                if (found := re.search(r"started successfully on port (\d+)", line))
            )
            base = f"http://127.0.0.1:{port}/session"
            options = {
                "binary": next(filter(None, map(shutil.which, NAMES))),
                "args": [*ARGUMENTS, f"--user-data-dir={profile}"],
            }
            wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}
            session = f"{base}/{_call('POST', base, wanted)['sessionId']}"
            yield cls(session)
            _call("DELETE", session)
        finally:
            driver.terminate()
            driver.wait()
            driver.stdout.close()

    def open(self, file: Path) -> None:
        _call("POST", f"{self.session}/url", {"url": file.as_uri()})

    def run(self, script: str) -> Any:
        """The value a script returns."""
        return _call("POST", f"{self.session}/execute/sync", {"script": script, "args": []})

    def press(self, *keys: str) -> None:
        """Press and release keys, wherever the focus is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        keyboard = {"type": "key", "id": "keyboard", "actions": actions}
        _call("POST", f"{self.session}/actions", {"actions": [keyboard]})


def _call(method: str, url: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"Content-Type": "application/json"}, method=method)
    with _OPENER.open(request, timeout=60) as response:
        return json.load(response)["value"]
