"""A real browser among the visitors: which files it fetches, and when a page is painted."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, sync_playwright
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
from visitors_wire import user_cookie

PATIENCE_MS = 60_000
PAINTED = {"": "Was my photo used", "results": "Results"}
"""Pages whose painting is timed, and the heading that must be there."""
HEADINGS = {
    **PAINTED,
    "protect": "Protect photos",
    "check": "Check a model",
    "already_online": "Already online",
    "how_it_works": "How it works",
    "lab": "The Lab",
    "understand": "",
    "present": "",
}
_FIRST_PAINT = (
    """() => (performance.getEntriesByName('first-contentful-paint')[0] || {}).startTime"""
)


@contextmanager
def browser(path: str) -> Iterator[Browser]:
    """Run Chromium."""
    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield running
        running.close()


def files_by_page(running: Browser, address: str, secret: str) -> dict[str, list[str]]:
    """Return what a browser fetches on its first visit of each page, pictures of pages aside."""
    fetched: dict[str, list[str]] = {}
    with _signed_in(running, address, secret, "the first visitor") as context:
        window = context.new_page()
        for page, heading in HEADINGS.items():
            seen = fetched.setdefault(page, [])
            window.on("request", lambda asked, seen=seen: seen.append(asked.url))
            window.goto(f"{address}/{page}")
            if heading:
                window.get_by_role("heading", name=heading).first.wait_for()
            window.wait_for_timeout(3000)
    return {
        page: sorted({url.removeprefix(address) for url in urls if f"{address}/static/" in url})
        for page, urls in fetched.items()
    }


def paint(running: Browser, address: str, secret: str, page: str) -> dict[str, float]:
    """Open a page in a fresh browser; return seconds to the first paint and to its heading."""
    with _signed_in(running, address, secret, "the visitor with a browser") as context:
        window, began = context.new_page(), time.perf_counter()
        window.goto(f"{address}/{page}")
        window.get_by_role("heading", name=PAINTED[page]).first.wait_for()
        there = time.perf_counter() - began
        first = window.evaluate(_FIRST_PAINT)
        wrong = window.locator('[data-testid="stException"]').count()
        return {"first paint": (first or 0) / 1000, "heading": there, "exceptions": wrong}


@contextmanager
def _signed_in(running: Browser, address: str, secret: str, who: str) -> Iterator[BrowserContext]:
    context = running.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    cookie = user_cookie(secret, address, who)
    context.add_cookies([{"name": USER_COOKIE_NAME, "value": cookie, "url": address}])
    yield context
    context.close()
