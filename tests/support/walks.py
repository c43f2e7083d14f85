"""What people do in the tool, step by step, as a test tells it."""

import html
import json
import re

import httpx2

from inference.reading import ReaderUnavailable
from tests.support.world import TOOL, Browser, World, form_to

RAW = b"a raw clip, with a name burnt into it"


def carried(page: str) -> dict[str, str]:
    """The headers that htmx sends with every request of this page."""
    found = re.search(r"hx-headers='([^']*)'", page)
    assert found, "this page belongs to no launch"
    return json.loads(html.unescape(found[1]))


def csrf_of(browser: Browser) -> str:
    """The token that forms of this page carry."""
    return carried(browser.text)["X-Eyeball-CSRF"]


def launch_of(browser: Browser) -> str:
    """The path of the launch that this page belongs to."""
    found = re.search(r"/l/[0-9a-f-]{36}", f"{browser.path} {browser.text}")
    assert found, "this page belongs to no launch"
    return found[0]


def attempt_of(browser: Browser) -> str:
    """The path of the attempt that this page shows."""
    found = re.search(r"/l/[0-9a-f-]{36}/attempts/[0-9a-f-]{36}", f"{browser.path} {browser.text}")
    assert found, "this page shows no attempt"
    return found[0]


def clip_url_of(browser: Browser) -> str:
    """The signed address that the player loads."""
    found = re.search(r'<video src="([^"]+)"', browser.text)
    assert found, "this page shows no clip"
    return html.unescape(found[1])


async def opens_case(browser: Browser, position: int = 1) -> httpx2.Response:
    """Open a practice case from the list."""
    return await browser.opens(f"{TOOL}{launch_of(browser)}/cases/{position}")


async def reviews(browser: Browser, lvef: str, **ticked: str) -> httpx2.Response:
    """Type an estimate, and ask to see it once more."""
    return await browser.sends(form_to(browser.text, "/review"), lvef=lvef, **ticked)


async def locks(browser: Browser, lvef: str, **ticked: str) -> httpx2.Response:
    """Type an estimate, review it, and lock it in."""
    await reviews(browser, lvef, **ticked)
    return await browser.sends(form_to(browser.text, "/lock"))


async def presses_lock(browser: Browser, attempt: str, lvef: str, **ticked: str) -> httpx2.Response:
    """Send the lock itself, whatever page is shown."""
    fields = {"csrf": csrf_of(browser), "lvef": lvef, **ticked}
    return await browser.http.post(f"{TOOL}{attempt}/lock", data=fields)


async def asks_for_grant(browser: Browser, size: int) -> httpx2.Response:
    """Tell how many bytes there are to send."""
    url = f"{TOOL}{attempt_of(browser)}/clip/grant"
    headers = {**carried(browser.text), "HX-Request": "true"}
    return await browser.http.post(url, json={"bytes": size}, headers=headers)


async def granted(browser: Browser, size: int = len(RAW)) -> dict[str, str]:
    """A grant: where to send the bytes, and whom to tell."""
    answer = await asks_for_grant(browser, size)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def says_done(browser: Browser) -> httpx2.Response:
    """Say that the bytes have been sent."""
    url = f"{TOOL}{attempt_of(browser)}/clip/done"
    fields = {"csrf": csrf_of(browser)}
    browser.page = await browser.http.post(url, data=fields, follow_redirects=True)
    return browser.page


async def uploads(browser: Browser, raw: bytes = RAW) -> httpx2.Response:
    """Send a clip as the page's script does."""
    grant = await granted(browser, len(raw))
    sent = await browser.http.put(grant["url"], content=raw)
    assert sent.status_code == 204, sent.text
    return await says_done(browser)


async def a_ready_clip(world: World, user: str = "learner-1") -> Browser:
    """A learner whose clip is masked, and read if the reader is there, and who is to estimate."""
    browser = await world.learner("own-clip", user)
    await uploads(browser)
    await world.works()
    await browser.opens(f"{TOOL}{attempt_of(browser)}/")
    assert "Watch, then estimate" in browser.text
    return browser


async def waits_for_a_reading(world: World) -> Browser:
    """A learner whose estimate is locked in while the reader is away."""
    world.reader.fails = ReaderUnavailable("away")
    browser = await a_ready_clip(world)
    await locks(browser, "42", attest="true")
    return browser


async def reloads(browser: Browser) -> str:
    """Open the attempt's page again; what it says, as people read it."""
    await browser.opens(f"{TOOL}{attempt_of(browser)}/")
    return browser.text.replace("&#39;", "'").replace("&#34;", '"')


async def all_that_is_said(browser: Browser, attempt: str) -> dict[str, str]:
    """Everything that a learner can ask after a lock, by its path, and what is answered."""
    launch, csrf = launch_of(browser), csrf_of(browser)
    body = {"csrf": csrf, "said": "x", "end_diastole": "1", "end_systole": "2"}
    said: dict[str, str] = {}
    for path in (
        f"{attempt}/", f"{attempt}/step?seen=", f"{attempt}/delivery",
        launch, f"{launch}/progress", f"{launch}/cases/1",
    ):  # fmt: skip
        said[path] = (await browser.http.get(f"{TOOL}{path}", follow_redirects=True)).text
    for path in (f"{attempt}/marks", f"{attempt}/regrade", f"{launch}/cases/1/again"):
        said[path] = (await browser.http.post(f"{TOOL}{path}", data=body)).text
    return said


async def later(world: World, **time: float) -> None:
    """Let time pass, and the worker look at what is due."""
    world.clock.passes(**(time or {"seconds": 6}))
    await world.worker.sweep()
    await world.works()


async def sends_a_clip(world: World, user: str = "learner-1") -> Browser:
    """A learner whose clip was masked and looked at."""
    browser = await world.learner("own-clip", user)
    await uploads(browser)
    await world.works()
    await reloads(browser)
    return browser


def words_of(page: str) -> str:
    """What a page says: without its tags, spaces folded."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
