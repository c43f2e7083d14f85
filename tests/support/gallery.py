"""Every page at every step in Chromium without a service: templates, our files, one small clip."""

import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from threading import Thread
from typing import override
from urllib.parse import parse_qs, urlsplit

import av
import cv2
import numpy as np
from playwright.async_api import Browser, Page

from service.pages.headers import policy
from service.pages.views import AttemptView, LaunchView
from tests.support.rendering import environment, page
from tests.support.samples import (
    AT_EACH_STEP,
    LAUNCH,
    MORE_STATES,
    OTHER_PAGES,
)
from tests.support.screens import MORE_STEPS, SCREENS, WITHOUT_LAUNCH

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


def takes(name: str) -> bool:
    """Whether a file can be chosen on this page, so that the browser may show it from memory."""
    return name in STATES and STATES[name].takes_a_file


class Guide(BaseHTTPRequestHandler):
    """Answers what the service would, as far as these pages ask."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # http.server's name
        """A page, or what belongs to one."""
        asked = urlsplit(self.path)
        if asked.path.startswith("/static/"):
            path = STATIC / asked.path.removeprefix("/static/")
            self._sends(path.read_bytes(), guess_type(path.name)[0] or "application/octet-stream")
        elif asked.path.startswith("/stills/"):
            self._sends(small_picture(), "image/png")
        elif asked.path.startswith("/clips/"):
            self._sends_clip()
        elif self.headers.get("HX-Request"):
            self._starts(204, {"Content-Length": "0"})
        else:
            asks = parse_qs(asked.query)
            launch = LONG_LAUNCH if "long" in asks else LAUNCH
            name = asked.path.strip("/")
            html = render(name, asks.get("dir", ["ltr"])[0], launch)
            self._starts(
                200,
                {
                    "Content-Type": "text/html; charset=utf-8",
                    "Content-Length": str(len(html.encode())),
                    "Content-Security-Policy": policy("*", None, None, local_files=takes(name)),
                    "Cache-Control": "no-store",
                },
            )
            self.wfile.write(html.encode())

    def do_POST(self) -> None:  # http.server's name
        """A draft, say: taken, and forgotten."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._starts(204, {"Content-Length": "0"})

    def _sends_clip(self) -> None:
        """The clip, or the part of it that the player asks for."""
        clip = small_clip()
        first, _, last = self.headers.get("Range", "bytes=0-")[6:].partition("-")
        start, end = int(first), min(int(last or len(clip)), len(clip) - 1)
        headers = {
            "Accept-Ranges": "bytes",
            "Content-Length": str(end + 1 - start),
            "Content-Range": f"bytes {start}-{end}/{len(clip)}",
            "Content-Type": "video/mp4",
        }
        self._starts(206, headers)
        self.wfile.write(clip[start : end + 1])

    def _sends(self, body: bytes, kind: str) -> None:
        headers = {"Content-Type": kind, "Content-Length": str(len(body))}
        self._starts(200, headers | {"Cache-Control": "max-age=3600"})
        self.wfile.write(body)

    def _starts(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@contextmanager
def opened() -> Iterator[str]:
    """The gallery's address while it is open; the browser keeps what it has seen of our files,
    which routes of Playwright's would have it carry anew for every page."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Guide)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@asynccontextmanager
async def hanging(browser: Browser, **options: object) -> AsyncIterator[tuple[Page, list[str]]]:
    """A page of the gallery, and what has gone wrong in it."""
    wrong: list[str] = []
    with opened() as origin:
        context = await browser.new_context(base_url=origin, **options)  # type: ignore[arg-type]
        context.on(
            "console", lambda said: wrong.append(said.text) if said.type == "error" else None
        )
        context.on("weberror", lambda error: wrong.append(str(error.error)))
        context.on(
            "request",
            lambda asked: None if asked.url.startswith(origin) else wrong.append(asked.url),
        )
        yield await context.new_page(), wrong
        await context.close()


async def goes_to(shown: Page, name: str, query: str = "") -> None:
    """Open one state and wait until its clip, if it has one, can be seen."""
    await shown.goto(f"/{name}?{query}", wait_until="load")
    await shown.wait_for_function(
        "() => [...document.querySelectorAll('video[preload=auto]')]"
        ".every(one => one.readyState >= 2)"
    )
