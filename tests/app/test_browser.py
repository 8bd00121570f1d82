"""A person with a real browser: protects real photos, audits both demo models, reads the answers.

Screenshots and timings go to the folder named by TELLTALE_SCREENSHOTS, or to pytest's own.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from auditcore.kit import open_kit
from auditcore.models.access import PRIVATE_SWITCH
from auditcore.paths import assets_dir
from auditcore.photos import find_metadata

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = assets_dir() / "sample"
PEOPLE = assets_dir() / "people"
PATIENCE = 500_000
KEY = "a-key-of-sixteen-or-more"
_ADDRESS = re.compile(r"http://127[.]0[.]0[.]1:[0-9]+")
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}

Shot = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def chromium() -> str:
    path = os.environ.get("TELLTALE_CHROMIUM", "/usr/bin/chromium")
    if not Path(path).exists():
        reason = f"There is no Chromium at {path}; name one in TELLTALE_CHROMIUM."
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the app as the README does, on a port and data folder of its own; give its address."""
    data = tmp_path_factory.mktemp("browser-data")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    environment = {**os.environ, "TELLTALE_DATA": str(data), PRIVATE_SWITCH: "1"}
    environment.pop("OMP_NUM_THREADS", None)
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        _await_health(address, process)
        yield address
    finally:
        process.terminate()
        process.wait()
        _stop_worker(data)


def _await_health(address: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health"):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise AssertionError("the app did not start")


def _stop_worker(data: Path) -> None:
    """Stop the workers that this app started; their process ids are in its data folder."""
    for pid_file in data.glob("worker*.pid"):
        with suppress(ProcessLookupError):
            os.kill(int(pid_file.read_text()), signal.SIGTERM)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Offer a demo model behind an address, as a class would; give the address."""
    command = [sys.executable, "-m", "auditcore", "serve", "--model", "demo:with", "--port", "0"]
    command += ["--key-env", "SERVED_KEY", "--name", "teachers-model"]
    environment = {**os.environ, "SERVED_KEY": KEY}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield next(found[0] for line in process.stdout if (found := _ADDRESS.search(line)))
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots and timings go."""
    named = os.environ.get("TELLTALE_SCREENSHOTS")
    place = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    place.mkdir(parents=True, exist_ok=True)
    return place


@pytest.fixture
def shot(folder: Path) -> Shot:
    return lambda page, name: _whole_page(page, folder / f"{name}.png")


def _whole_page(page: Page, path: Path) -> None:
    size = page.viewport_size or DESKTOP
    height = page.evaluate("document.querySelector('.stMain').scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": min(max(height, 700), 5000)})
    page.wait_for_timeout(500)
    page.screenshot(path=path)
    page.set_viewport_size(size)


@pytest.fixture
def desk(browser: Browser, app: str) -> Iterator[Page]:
    """A desktop window on the app that notes every request to another machine."""
    context = browser.new_context(viewport=DESKTOP, base_url=app, accept_downloads=True)
    yield from _watched(context, app)


@pytest.fixture
def phone(browser: Browser, app: str) -> Iterator[Page]:
    """A dark phone of 390 pixels."""
    context = browser.new_context(
        viewport=PHONE, base_url=app, color_scheme="dark", has_touch=True, is_mobile=True
    )
    yield from _watched(context, app)


def _watched(context: BrowserContext, app: str) -> Iterator[Page]:
    outside: list[str] = []
    own = (app, app.replace("http", "ws", 1), "data:", "blob:", "about:")
    context.on("request", lambda r: None if r.url.startswith(own) else outside.append(r.url))
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()
    assert outside == [], "the page asked something of another machine"


def answer(page: Page) -> Locator:
    return page.locator(".tt-verdict .answer")


def saved(page: Page, label: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=label).click()
    return Path(download.value.path()).read_bytes()


def test_from_the_start_to_both_verdicts(desk: Page, shot: Shot, folder: Path) -> None:
    began = time.monotonic()
    desk.goto("/")
    desk.get_by_role("button", name="Try it with sample photos").click()
    answer(desk).wait_for()
    seconds = time.monotonic() - began
    assert "At least one of these" in answer(desk).inner_text()
    desk.locator(".js-plotly-plot .lines").first.wait_for()
    shot(desk, "verdict-demo-with")
    began = time.monotonic()
    desk.get_by_role("button", name="Ask the model that never saw them").click()
    desk.get_by_text("No use of these").wait_for()
    shot(desk, "verdict-demo-without")
    times = {"clicks": 1, "seconds": seconds, "second verdict, seconds": time.monotonic() - began}
    (folder / "timing.json").write_text(json.dumps(times, indent=1))
    report = json.loads(saved(desk, "Save the data (JSON)"))
    assert report["verdict"]["claim"] == "collection"
    page = saved(desk, "Save as a page (HTML)").decode()
    assert "No use of these" in page
    assert 'http-equiv="refresh"' not in page


def test_an_address_brings_an_audit_back(desk: Page, browser: Browser, app: str) -> None:
    desk.goto("/")
    desk.get_by_role("button", name="Try it with sample photos").click()
    answer(desk).wait_for()
    address = desk.url
    assert "/check?audit=" in address
    with browser.new_context() as elsewhere:
        page = elsewhere.new_page()
        page.goto(address, timeout=PATIENCE)
        answer(page).wait_for(timeout=PATIENCE)
        assert "At least one of these" in answer(page).inner_text()


def test_protecting_real_photos(desk: Page, shot: Shot, tmp_path: Path) -> None:
    photos = sorted((SAMPLE / "photos").iterdir())[:3]
    captions = tmp_path / "captions.csv"
    rows = "".join(f"{photo.name},A caption of {photo.stem}\n" for photo in photos)
    captions.write_text(f"file,caption\n{rows}")
    desk.goto("/protect")
    desk.locator("input[type=file]").first.set_input_files(photos)
    desk.get_by_alt_text("as it is").wait_for()
    desk.get_by_text("Bring the captions as a table").click()
    desk.locator("input[type=file]").nth(1).set_input_files(captions)
    desk.get_by_text("Read captions for 3 of 3 photos.").wait_for()
    shot(desk, "protect")
    desk.get_by_role("button", name="Protect these 3 photos").click()
    desk.get_by_text("Your photos are protected.").wait_for()
    shot(desk, "protected")
    kit = open_kit(saved(desk, "Save the kit"))
    assert [one.file for one in kit.photos] == [photo.name for photo in photos]
    assert kit.photos[0].caption == f"A caption of {photos[0].stem}"
    with zipfile.ZipFile(BytesIO(saved(desk, "Save the photos to publish"))) as published:
        assert sorted(published.namelist()) == [photo.name for photo in photos]
        assert all(find_metadata(published.read(name)) == () for name in published.namelist())


def test_a_kit_of_ones_own_against_a_model(desk: Page, shot: Shot) -> None:
    """The kit made above is first in the list; a model that never saw it is asked about a photo."""
    desk.goto("/check")
    desk.get_by_text("Demo model that never saw the sample photos").click()
    desk.get_by_text("One photo", exact=True).click()
    desk.get_by_text("never more than").wait_for()
    shot(desk, "check")
    desk.get_by_role("button", name="Start the audit").click()
    answer(desk).wait_for()
    assert "shown" in answer(desk).inner_text() or "used" in answer(desk).inner_text()
    desk.get_by_role("link", name="Results").first.click()
    desk.get_by_role("heading", name="Results").wait_for()
    desk.get_by_role("link", name="At least one of these").first.click()
    answer(desk).wait_for()
    shot(desk, "results")


def test_a_model_behind_an_address(desk: Page, shot: Shot, server: str) -> None:
    """Typed wrongly, typed rightly, tested, stopped at its ceiling, gone on with to the verdict."""
    desk.goto("/check")
    desk.get_by_role("combobox", name="Kit").click()
    desk.get_by_role("option", name="The sample photos").click()
    desk.get_by_text("A model behind an address").click()
    address = desk.get_by_label("Address", exact=True)
    address.fill(server.removeprefix("http://"))
    desk.get_by_label("Name of the model there").fill("teachers-model")
    desk.get_by_text("An address begins with").wait_for()
    address.fill(server)
    desk.get_by_role("textbox", name="Key for").fill(KEY)
    desk.get_by_role("button", name="Test the connection").click()
    desk.get_by_text("It answers.").wait_for()
    desk.get_by_text("how near it puts each picture to its caption").wait_for()
    most = desk.get_by_role("spinbutton", name="Send at most")
    most.fill("40")
    most.press("Enter")
    desk.get_by_text("The check stops at 40 pictures").wait_for()
    desk.get_by_text("Your ceiling is 40 pictures").wait_for()
    shot(desk, "check-address")
    desk.get_by_role("button", name="Start the audit").click()
    desk.get_by_text("The ceiling of 40 pictures is reached").wait_for()
    shot(desk, "ceiling")
    most.fill("5000")
    most.press("Enter")
    desk.get_by_role("button", name="Go on").click()
    answer(desk).wait_for()
    assert "At least one of these" in answer(desk).inner_text()
    shot(desk, "verdict-address")


def hint(page: Page) -> Locator:
    return page.locator(".tt-indication .answer")


def test_pictures_that_are_already_online(desk: Page, shot: Shot) -> None:
    """The sample pictures of which the demo encoder learned some."""
    desk.goto("/already_online")
    desk.get_by_role("button", name="Pictures it learned from").click()
    hint(desk).get_by_text("more like its training data").wait_for()
    desk.locator(".js-plotly-plot .points").first.wait_for()
    shot(desk, "online-pictures-member")
    desk.get_by_role("button", name="Ask something else").click()
    desk.get_by_role("button", name="Others like them").click()
    hint(desk).get_by_text("Nothing stands out").wait_for()
    assert desk.locator(".tt-verdict").count() == 0
    shot(desk, "online-pictures-other")


@pytest.mark.parametrize(
    ("member", "photos", "headline"),
    [
        (True, 12, "It looks as if this model knows this face"),
        (False, 12, "Nothing stands out"),
    ],
)
def test_a_face_that_is_already_online(
    desk: Page, shot: Shot, member: bool, photos: int, headline: str
) -> None:
    """Typed and uploaded as a person would, answered, and deleted."""
    people = json.loads((PEOPLE / "people.json").read_text())["people"]
    person = next(one for one in people if one["member"] == member)
    desk.goto("/already_online")
    desk.get_by_text("My face and name").click()
    desk.get_by_text("It is my face or").click()
    desk.get_by_label("Name, as it stands").fill(person["name"])
    files = [PEOPLE / name for name in person["photos"][:photos]]
    desk.locator("input[type=file]").first.set_input_files(files)
    desk.get_by_role("button", name="Ask the model").click()
    hint(desk).get_by_text(headline).wait_for()
    shot(desk, f"online-face-{'member' if member else 'other'}-{photos}")
    desk.get_by_role("button", name="Delete everything now").click()
    desk.get_by_text("Deleted. Photos, names and answers").wait_for()


def test_one_photo_of_a_face_is_too_few(desk: Page, shot: Shot) -> None:
    """The form waits for more; the sample shows what would come of it."""
    desk.goto("/already_online")
    desk.get_by_text("My face and name").click()
    desk.get_by_role("button", name="One photo only").click()
    hint(desk).get_by_text("Too few photos").wait_for()
    desk.get_by_text("Here the truth is known").wait_for()
    shot(desk, "online-face-too-few")


def test_the_lab_trains_asks_and_makes_forget(desk: Page, shot: Shot) -> None:
    """A small experiment with strong marks: watched, answered, made to forget, deleted."""
    desk.goto("/lab")
    desk.get_by_text("Change how they are trained").click()
    others = desk.get_by_role("slider", name="Other pictures")
    others.wait_for()
    for _ in range(26):
        others.press("ArrowLeft")
    marks = desk.get_by_role("slider", name="How visible")
    for _ in range(4):
        marks.press("ArrowRight")
    shot(desk, "lab")
    desk.get_by_role("button", name="Train both models").click()
    desk.get_by_text("round 5 of").first.wait_for()
    shot(desk, "lab-training")
    address = desk.url
    desk.goto("/lab")
    desk.goto(address)
    desk.get_by_role("heading", name="Make it forget").wait_for()
    with_photos, without = desk.locator(".tt-verdict .answer").all_inner_texts()
    assert "At least one of these 24 photos was used" in with_photos
    assert "No use of these 24 photos was shown" in without
    shot(desk, "lab-answers")
    desk.get_by_text("Saliency unlearning (SalUn)").click()
    desk.get_by_role("button", name="Make it forget").click()
    desk.get_by_role("heading", name=re.compile("short cuts? the ")).wait_for()
    rows = desk.locator("table").filter(has_text="Before").locator("tr")
    assert rows.count() == 4, "a head, before, and two short cuts"
    shot(desk, "lab-forgetting")
    desk.get_by_role("button", name="Delete this experiment").click()
    desk.get_by_role("button", name="Delete it").click()
    desk.get_by_text("Deleted: photos, models and answers.").wait_for()


def test_the_keyboard_is_enough(desk: Page) -> None:
    desk.goto("/")
    desk.get_by_role("button", name="Try it with sample photos").wait_for()
    reached = "document.activeElement.closest('button')?.innerText ?? ''"
    for _ in range(20):
        desk.keyboard.press("Tab")
        if "Try it" in desk.evaluate(reached):
            break
    outline = desk.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "the focus must be seen"
    desk.keyboard.press("Enter")
    answer(desk).wait_for()


@pytest.mark.parametrize(
    "page", ["", "protect", "check", "already_online", "results", "how_it_works", "lab"]
)
def test_a_phone_shows_every_page_without_sideways_scrolling(
    phone: Page, shot: Shot, page: str
) -> None:
    phone.goto(f"/{page}")
    phone.locator(".stMain h1").wait_for()
    phone.locator("[data-testid=stStatusWidget]").wait_for(state="hidden")
    phone.wait_for_timeout(1000)
    shot(phone, f"phone-{page or 'start'}")
    wider = "document.querySelector('.stMain').scrollWidth > window.innerWidth"
    assert not phone.evaluate(wider)
