"""A demo LMS in this process, and a tool that has keys and nothing else."""

import asyncio
import shutil
import socket
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from service.demo.app import create_demo_lms
from service.demo.flavours.plain import Plain
from service.demo.keys import SigningKey
from service.demo.platform import CLIENT_ID, SCOPES
from service.demo.settings import DemoSettings

SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
Process = asyncio.subprocess.Process
Serve = Callable[..., Awaitable[tuple[Process, httpx2.AsyncClient]]]
KEYS = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]


class Clock:
    """The time that the LMS reads; tests move it on."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Tool:
    """The tool's side: its keys, its key set, and how often that was fetched."""

    key: rsa.RSAPrivateKey = KEYS[0]
    key_id: str = "tool-1"
    fetches: int = 0
    answer: Any = None  # what the key set's address says instead of the keys
    status: int = 200

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The tool as an ASGI app that serves its key set."""
        self.fetches += 1
        content = self.answer if self.answer is not None else self.key_set()
        response = httpx2.Response(self.status, json=content)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.content})

    def key_set(self) -> dict[str, Any]:
        """The public half of its key."""
        jwk = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**jwk, "kid": self.key_id, "alg": "RS256", "use": "sig"}]}

    def http(self) -> httpx2.AsyncClient:
        """The client with which the LMS reaches this tool."""
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self))

    def assertion(self, *, kid: bool = True, **changed: Any) -> str:
        """A client assertion as it should be, but for what is changed; None leaves a claim out."""
        now = int(time.time()) - 5
        claims = {
            "iss": CLIENT_ID,
            "sub": CLIENT_ID,
            "aud": "http://localhost:8000/lti/token",
            "iat": now,
            "exp": now + 60,
            "jti": uuid.uuid4().hex,
        } | changed
        kept = {name: value for name, value in claims.items() if value is not None}
        headers = {"kid": self.key_id} if kid else {}
        return jwt.encode(kept, self.key, algorithm="RS256", headers=headers)


class Form(HTMLParser):
    """The one form of a self-sending page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Reads the address and the hidden fields."""
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = found["action"]
        if tag == "input":
            self.fields[found["name"]] = found["value"]


@dataclass
class Browser:
    """Somebody in front of the LMS, and the tool's calls to its services."""

    client: httpx2.AsyncClient
    tool: Tool
    asked: dict[str, str] = field(default_factory=dict[str, str])

    async def signs_in(self, user: str) -> None:
        answer = await self.client.post("/session", data={"user": user})
        assert answer.status_code == 303

    async def starts(self, activity: str = "own-clip", target: str = "iframe") -> Form:
        """Opens an activity, up to the form that goes to the tool."""
        answer = await self.client.get(f"/activities/{activity}/launch?target={target}")
        assert answer.status_code == 200
        return Form(answer.text)

    async def question(self, activity: str = "own-clip", target: str = "iframe") -> dict[str, str]:
        """What a tool rightly asks after such a start."""
        started = (await self.starts(activity, target)).fields
        return {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": started["client_id"],
            "redirect_uri": "http://127.0.0.1:8001/lti/launch",
            "login_hint": started["login_hint"],
            "lti_message_hint": started["lti_message_hint"],
            "state": "state-1",
            "nonce": "nonce-1",
        }

    async def asks_for_token(self, **changed: Any) -> httpx2.Response:
        """A token request as it should be, but for what is changed; None leaves a field out."""
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.tool.assertion(),
            "scope": " ".join(SCOPES),
        } | changed
        sent = {name: value for name, value in form.items() if value is not None}
        return await self.client.post("/lti/token", data=sent)

    async def token(self, scope: str = " ".join(SCOPES)) -> str:
        """An access token."""
        answer = await self.asks_for_token(scope=scope)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    async def gradebook(self) -> dict[str, Any]:
        """The gradebook for programs."""
        return (await self.client.get("/gradebook.json")).json()

    async def scores(
        self,
        *,
        token: str | None = None,
        line_item: int = 1,
        media_type: str | None = SCORE_TYPE,
        content: bytes | None = None,
        **changed: Any,
    ) -> httpx2.Response:
        """Sends a score as it should be, but for what is changed; None leaves a member out."""
        lms_url = str(self.client.base_url).rstrip("/")
        url = lms_url + Plain().line_item(line_item).replace("?", "/scores?")
        headers = {"Authorization": f"Bearer {token or await self.token()}"}
        if media_type is not None:
            headers["Content-Type"] = media_type
        body = httpx2.Request("POST", url, json=score(**changed)).content
        return await self.client.post(url, headers=headers, content=content or body)


def score(**changed: Any) -> dict[str, Any]:
    """The members of a final score for Ada."""
    members = {
        "userId": "learner-1",
        "timestamp": "2026-11-23T08:00:00.5+00:00",
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "scoreGiven": 80,
        "scoreMaximum": 100,
        "comment": "Within 5 points.",
    } | changed
    return {name: value for name, value in members.items() if value is not None}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tool() -> Tool:
    return Tool()


@pytest.fixture(scope="session")
def folder_with_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the LMS has made its signing key: that takes a while, so only once."""
    folder = tmp_path_factory.mktemp("demo-lms")
    SigningKey(folder)
    return folder


@pytest.fixture
def open_lms(
    tmp_path: Path, folder_with_key: Path, tool: Tool, clock: Clock
) -> Callable[..., Browser]:
    """Starts an LMS on the same folder, as often as asked."""
    shutil.copytree(folder_with_key, tmp_path, dirs_exist_ok=True)

    def opened(**settings: Any) -> Browser:
        app = create_demo_lms(DemoSettings(folder=tmp_path, **settings), tool.http, clock)
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app), base_url="http://localhost:8000"
        )
        return Browser(client, tool)

    return opened


@pytest.fixture
async def lms(open_lms: Callable[..., Browser]) -> AsyncIterator[Browser]:
    browser = open_lms()
    yield browser
    await browser.client.aclose()


@pytest.fixture
async def ada(lms: Browser) -> Browser:
    """A browser in which Ada, a learner, is signed in."""
    await lms.signs_in("learner-1")
    return lms


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


async def started(*arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "service.demo", *arguments,
        stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def is_up(client: httpx2.AsyncClient, process: Process) -> None:
    while process.returncode is None:
        try:
            await client.get("/lti/jwks")
        except httpx2.TransportError:
            await asyncio.sleep(0.05)
        else:
            return
    raise AssertionError(f"the demo LMS ended with {process.returncode}")


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    """Starts the LMS on one folder, and ends what a test left running."""
    opened: list[tuple[Process, httpx2.AsyncClient]] = []

    async def start(*more: str) -> tuple[Process, httpx2.AsyncClient]:
        port = free_port()
        client = httpx2.AsyncClient(base_url=f"http://localhost:{port}", trust_env=False)
        process = await started("--port", str(port), "--folder", str(tmp_path), *more)
        opened.append((process, client))
        await is_up(client, process)
        return process, client

    yield start
    for process, client in opened:
        await client.aclose()
        if process.returncode is None:
            process.kill()
        await process.communicate()
