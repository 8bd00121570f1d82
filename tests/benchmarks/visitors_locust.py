"""What 50 visitors do, for Locust: `visitors.py` runs it and says where the server is.

Each visitor has signed in as a person of their own, fetches the files of the app as a browser
does (each once), walks through the pages with pauses for thought of 2 to 5 seconds, and meanwhile
asks again for the parts of a page that renew themselves. One in five tries the sample photos and
watches, one in ten protects a photo of theirs.
"""

import json
import os
import random
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from locust import HttpUser, between, events, task
from locust.env import Environment
from streamlit.web.server.starlette.starlette_server_config import (
    USER_COOKIE_NAME,
    XSRF_COOKIE_NAME,
)
from visitors_wire import PageError, Shown, Wire, user_cookie

PLAN = json.loads(Path(os.environ["VISITORS_PLAN"]).read_text())
"""secret: signs cookies. files: what a browser fetches, by page. photo: a file. out: results."""
PAGES = (
    *("", "protect", "check", "already_online", "results"),
    *("how_it_works", "lab", "understand", "present"),
)
NAMES = {"": "start"}
TRY, PROTECT = "Try it with sample photos", "Protect this photo"
_numbers = count(1)
_times: dict[str, list[float]] = {}
_errors: list[str] = []


class Visitor(HttpUser):
    """One person with one window."""

    wait_time = between(0, 0)

    def on_start(self) -> None:
        """Sign in, fetch the app, open the first page."""
        self.number = next(_numbers)
        self.dice = random.Random(self.number)
        self.fetched: set[str] = set()
        cookie = user_cookie(PLAN["secret"], self.host, f"visitor {self.number}")
        self.client.cookies.set(USER_COOKIE_NAME, cookie)
        for address in ("/", "/_stcore/health", "/_stcore/host-config"):
            self.fetch(address, "document")
        self.wire: Wire | None = None
        self.come_in()

    def come_in(self) -> None:
        """Open the first page in a new window."""
        self.files("")
        self.wire = Wire(self.host, dict(self.client.cookies.items()))
        self.timed("", lambda wire: wire.open(""))

    @task
    def look_around(self) -> None:
        """Go to another page, and do there what some people do."""
        if self.wire is None:
            self.come_in()
        page = self.dice.choice([*PAGES, "present"])
        self.files(page)
        self.timed(page, lambda wire: wire.go(page))
        self.think()
        if page == "" and self.number % 5 == 0:
            self.timed("try the sample", lambda wire: wire.press(TRY))
            self.think(times=4)
        if page == "protect" and self.number % 10 == 1:
            self.protect()

    def protect(self) -> None:
        """Give a photo and have it protected."""
        data, name = Path(PLAN["photo"]).read_bytes(), f"photo-{self.number}.jpg"
        if self.wire is None or not self.wire.shown.uploaders:
            return
        label = next(iter(self.wire.shown.uploaders))
        urls = self.wire.file_urls(name)
        self.client.put(
            urls.upload_url,
            files={"file": (name, data, "image/jpeg")},
            headers={"X-Xsrftoken": self.client.cookies[XSRF_COOKIE_NAME]},
            name="upload",
        )
        self.timed("photo given", lambda wire: wire.give(label, name, len(data), urls))
        self.think()
        if self.wire is not None and PROTECT in self.wire.shown.buttons:
            self.timed("protect a photo", lambda wire: wire.press(PROTECT))
            self.think(times=3)

    def think(self, times: int = 1) -> None:
        """Look at the page for 2 to 5 seconds, while its parts renew themselves."""
        until = time.monotonic() + times * self.dice.uniform(2, 5)
        due: dict[str, float] = {}
        while (now := time.monotonic()) < until:
            repeating = self.wire.shown.repeating if self.wire is not None else {}
            for fragment, seconds in list(repeating.items()):
                if now >= due.setdefault(fragment, now + seconds):
                    due[fragment] = now + seconds
                    self.timed("(a part renews itself)", lambda wire, f=fragment: wire.repeat(f))
            time.sleep(0.05)

    def timed(self, page: str, do: Callable[[Wire], Shown]) -> None:
        """Do something on a page, and tell Locust how long it took until all was there."""
        if self.wire is None:
            return
        name, error, size, pictures = NAMES.get(page, page), None, 0, set[str]()
        began = time.perf_counter()
        try:
            shown = do(self.wire)
            size, pictures = shown.size, shown.pictures
        except Exception as problem:  # whatever it is, a visitor was not served
            error = problem
            _errors.append(f"visitor {self.number}, {name}: {type(problem).__name__} {problem}")
            if not isinstance(problem, PageError):
                self.wire.close()
                self.wire = None
        milliseconds = 1000 * (time.perf_counter() - began)
        _times.setdefault(name, []).append(milliseconds / 1000)
        events.request.fire(
            request_type="page", name=name, response_time=milliseconds, response_length=size,
            exception=error, context={},
        )  # fmt: skip
        for address in sorted(pictures - self.fetched):
            self.fetch(address, "picture")

    def files(self, page: str) -> None:
        """Fetch what a browser fetches when it first comes to a page."""
        for address in PLAN["files"].get(page, ()):
            if address not in self.fetched:
                self.fetch(address, "file of the app")

    def fetch(self, address: str, name: str) -> None:
        """Fetch one file."""
        self.fetched.add(address)
        with self.client.get(address, name=name, catch_response=True) as response:
            if response.status_code != 200:
                _errors.append(f"visitor {self.number}: {response.status_code} for {address}")


@events.quitting.add_listener
def write_down(environment: Environment, **_: object) -> None:
    """Keep every time, and every error in words."""
    counted = environment.stats.total
    told = {
        "times": _times,
        "errors": _errors,
        "requests": counted.num_requests,
        "failures": counted.num_failures,
        "files": {
            entry.name: {"requests": entry.num_requests, "failures": entry.num_failures,
                         "median_ms": entry.median_response_time,
                         "p95_ms": entry.get_response_time_percentile(0.95)}
            for entry in environment.stats.entries.values() if entry.method != "page"
        },
    }  # fmt: skip
    Path(PLAN["out"]).write_text(json.dumps(told))
