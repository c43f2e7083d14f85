"""A server that answers as scripted where Gemini would, and remembers what it was sent."""

import base64
import dataclasses
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from inference.triaged import GEMINI, TriageSettings

USAGE = {
    "promptTokenCount": 2310,
    "candidatesTokenCount": 61,
    "thoughtsTokenCount": 120,
    "totalTokenCount": 2491,
}
GOOD = {
    "is_echo": True,
    "writing_addresses_reader": False,
    "reason": "Four chambers, apex at the top.",
    "view": "A4C",
    "quality": 4,
    "usable": True,
    "confidence": 0.93,
}


@dataclass(frozen=True)
class Reply:
    """One HTTP answer, after a wait in seconds."""

    body: bytes
    status: int = 200
    kind: str = "application/json"
    wait: float = 0.0
    encoding: str = "identity"


@dataclass
class Sent:
    """One request: its path, its headers in lower case, and its JSON."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def parts(self) -> list[dict[str, Any]]:
        return list(self.body["contents"][0]["parts"])

    @property
    def pictures(self) -> list[bytes]:
        inline = [part["inlineData"] for part in self.parts if "inlineData" in part]
        return [base64.urlsafe_b64decode(picture["data"]) for picture in inline]

    @property
    def configuration(self) -> dict[str, Any]:
        return dict(self.body["generationConfig"])


@dataclass
class Gemini:
    """The scripted server: the last reply repeats."""

    url: str = ""
    replies: list[Reply] = field(default_factory=list[Reply])
    sent: list[Sent] = field(default_factory=list[Sent])

    def next(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def says(
    text: str, *, finish: str = "STOP", served: str = "gemini-3.5-flash-lite", thought: bool = False
) -> Reply:
    """A whole answer with this text."""
    parts: list[dict[str, Any]] = [{"text": text}]
    if thought:
        parts.insert(0, {"text": "Let me look.", "thought": True})
    candidate = {"index": 0, "finishReason": finish, "content": {"role": "model", "parts": parts}}
    answer = {
        "candidates": [candidate],
        "usageMetadata": USAGE,
        "modelVersion": served,
        "responseId": "r-1",
    }
    return Reply(json.dumps(answer).encode())


def answers(**changed: object) -> Reply:
    """A verdict by the schema."""
    return says(json.dumps(GOOD | changed))


def fails(code: int, status: str) -> Reply:
    """An error as Google words it."""
    error = {"error": {"code": code, "message": "secret details", "status": status}}
    return Reply(json.dumps(error).encode(), code)


@contextmanager
def running_gemini() -> Iterator[Gemini]:
    """Serve on a free loopback port."""
    gemini = Gemini()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            if "json" not in self.headers["content-type"]:  # Vertex's token request
                self._reply(Reply(b'{"access_token": "t", "expires_in": 3600}'))
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            gemini.sent.append(Sent(self.path, headers, json.loads(content)))
            reply = gemini.next()
            time.sleep(reply.wait)
            self._reply(reply)

        def _reply(self, reply: Reply) -> None:
            try:
                self.send_response(reply.status)
                self.send_header("content-type", reply.kind)
                self.send_header("content-encoding", reply.encoding)
                self.send_header("content-length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)
            except OSError:
                return  # the client gave up

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    gemini.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield gemini
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def settings(server: Gemini, **changed: object) -> TriageSettings:
    """Settings that ask this server."""
    known = TriageSettings(provider=GEMINI, api_key="k-1", base_url=server.url, total_seconds=20)
    return dataclasses.replace(known, **changed)  # type: ignore[arg-type]
