"""Every page at every step in Chromium without a service: templates, our files, one small clip."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import av
import cv2
import numpy as np
from playwright.async_api import Browser, Page, Route

from service.pages.headers import policy
from service.pages.views import AttemptView, LaunchView
from tests.support.samples import (
    AT_EACH_STEP,
    LAUNCH,
    MORE_STATES,
    OTHER_PAGES,
    environment,
    page,
)
from tests.support.screens import MORE_STEPS, SCREENS, WITHOUT_LAUNCH

ORIGIN = "http://gallery.test"
STATIC = Path(__file__).parents[2] / "service" / "static"
STATES: dict[str, AttemptView] = {step.value: view for step, view in AT_EACH_STEP.items()} | (
    MORE_STATES | MORE_STEPS
)
NAMES = [*STATES, *OTHER_PAGES, *SCREENS]
# Words grow by a third in other languages; names are as long as people have them.
LONG_LAUNCH = replace(
    LAUNCH,
    activity="Woche 3: Auswurffraktion im apikalen Vierkammerblick beurteilen",
    course="Kardiologische Weiterbildung, Wintersemester",
    learner="Wilhelmina Featherstonehaugh-Cholmondeley",
)


@cache
def small_clip() -> bytes:
    """Two seconds of something gray that moves."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        across = np.linspace(0, 6, 640)
        for k in range(50):
            row = 60 + 50 * np.sin(across + k / 4)
            gray = np.broadcast_to(row.astype(np.uint8), (480, 640))
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(gray), "gray")
            file.mux(stream.encode(frame.reformat(format="yuv420p")))
        file.mux(stream.encode(None))
    return buffer.getvalue()


@cache
def small_picture() -> bytes:
    """One gray frame."""
    done, coded = cv2.imencode(".png", np.full((480, 640), 90, np.uint8))
    assert done
    return coded.tobytes()


def render(name: str, direction: str, launch: LaunchView) -> str:
    """One state's page."""
    templates = environment()
    templates.globals.update(
        model_label="phantom model: not for real hearts",
        model_page="/models/3f9a",
        direction=lambda: direction,
    )
    if name in STATES:
        return page(templates, STATES[name], launch)
    if name in SCREENS:
        template, context = SCREENS[name]
        whose = {} if name in WITHOUT_LAUNCH else {"launch": launch}
        return templates.get_template(f"pages/{template}.html.jinja").render(**whose, **context)
    template = templates.get_template(f"pages/{name}.html.jinja")
    return template.render(launch=launch, **OTHER_PAGES[name])


async def serve_clip(route: Route) -> None:
    """The clip, or the part of it that the player asks for."""
    clip = small_clip()
    first, _, last = route.request.headers.get("range", "bytes=0-")[6:].partition("-")
    start, end = int(first), min(int(last or len(clip)), len(clip) - 1)
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Range": f"bytes {start}-{end}/{len(clip)}",
        "Content-Type": "video/mp4",
    }
    await route.fulfill(status=206, headers=headers, body=clip[start : end + 1])


async def answer(route: Route) -> None:
    """What the service would answer, as far as these pages ask."""
    asked = urlsplit(route.request.url)
    if not route.request.url.startswith(ORIGIN):
        await route.abort()
    elif asked.path.startswith("/static/"):
        path = STATIC / asked.path.removeprefix("/static/")
        kind = guess_type(path.name)[0] or "application/octet-stream"
        await route.fulfill(body=path.read_bytes(), content_type=kind)
    elif asked.path.startswith("/stills/"):
        await route.fulfill(body=small_picture(), content_type="image/png")
    elif asked.path.startswith("/clips/"):
        await serve_clip(route)
    elif route.request.headers.get("hx-request"):
        await route.fulfill(status=204)
    else:
        asks = parse_qs(asked.query)
        launch = LONG_LAUNCH if "long" in asks else LAUNCH
        html = render(asked.path.strip("/"), asks.get("dir", ["ltr"])[0], launch)
        headers = {"Content-Security-Policy": policy("*", None, None)}
        await route.fulfill(body=html, content_type="text/html; charset=utf-8", headers=headers)


@asynccontextmanager
async def hanging(browser: Browser, **options: object) -> AsyncIterator[tuple[Page, list[str]]]:
    """A page of the gallery, and what has gone wrong in it."""
    context = await browser.new_context(**options)  # type: ignore[arg-type]
    wrong: list[str] = []
    context.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on(
        "request",
        lambda asked: None if asked.url.startswith(ORIGIN) else wrong.append(asked.url),
    )
    await context.route("**/*", answer)
    yield await context.new_page(), wrong
    await context.close()


async def goes_to(shown: Page, name: str, query: str = "") -> None:
    """Open one state and wait until its clip, if it has one, can be seen."""
    await shown.goto(f"{ORIGIN}/{name}?{query}", wait_until="load")
    await shown.wait_for_function(
        "[...document.querySelectorAll('video[preload=auto]')].every(one => one.readyState >= 2)"
    )
