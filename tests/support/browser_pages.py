"""Opening a page in a real Chromium: from a file, with the network off, keeping what the console says."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
FULL = os.environ.get("CHILDINDEX_FULL") == "1"
WIDTHS, SCHEMES = (1280, 400), ("light", "dark")


def absent(reason):
    """Skip, or fail where the whole suite was asked for."""
    (pytest.fail if FULL else pytest.skip)(
        f"{reason}; `make full` and Debian's chromium bring what pages need"
    )


@contextmanager
def chromium():
    """A headless browser, for as many pages as are wanted."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - an optional extra
    except ImportError:
        absent("playwright is not installed")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        absent("there is no chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, headless=True, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@contextmanager
def opened(browser, path, width=1280, scheme="light"):
    """A page from a file; what it writes to the console, or asks the network for, fails the test."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True, accept_downloads=True
    )
    page = context.new_page()
    faults = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith(("file:", "blob:")) else faults.append(request.url),
    )
    page.goto(Path(path).resolve().as_uri())
    if page.locator("[data-chart]").count():
        page.locator("html[data-drawn=all]").wait_for(timeout=60_000)
    yield page
    assert faults == []
    context.close()


def serious_faults(page):
    """What axe finds that keeps people from using the page, by rule."""
    try:
        from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - an optional extra
    except ImportError:
        absent("axe-playwright-python is not installed")
    found = Axe().run(page).response["violations"]
    return {
        fault["id"]: [node["html"][:200] for node in fault["nodes"]]
        for fault in found
        if fault["impact"] in ("serious", "critical")
    }


def look_and_check(browser, path, name):
    """Screenshots at both widths in light and dark; nothing serious for axe, nothing wider than the window."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        for scheme in SCHEMES:
            with opened(browser, path, width, scheme) as page:
                page.screenshot(path=SCREENSHOTS / f"{name}_{width}_{scheme}.png", full_page=True)
                assert page.evaluate("() => document.documentElement.scrollWidth") <= width
                assert serious_faults(page) == {}, (width, scheme)
