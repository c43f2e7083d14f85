"""What an attacker has: their own browser, their own keys, another tenant's place, and patience."""

import json
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from service.models import Launch
from tests.support.campus import Campus
from tests.support.databases import Databases
from tests.support.world import TOOL, Browser, World, running_world
from tests.unit.lti.lms import full_name, hs256, public_jwk, rsa_key, segment

SCRIPT = "<script>alert(1)</script>\"'{{7*7}}"
EVIL = "https://evil.test"
# What an error page must never hold: how we are built, or what was sent.
TRACES = ("Traceback", 'File "', "sqlalchemy", "psycopg", "litestar.", "<script>alert", "evil.test")


class Town:
    """One deployment of the tool, and all who are registered with it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.campus = Campus(world)
        # The same issuer and the same keys, as in a vendor's cloud; only the client id differs.
        self.tenant = Campus(world, "campus.test", client_id="tool-2")
        self.other = Campus(world, "other.test", client_id="tool-9", key="other")
        self.tenant.lms.published = self.campus.lms.published
        world.joined.apps["campus.test"] = httpx2.MockTransport(self.campus.answers)
        self.launches = 0

    async def opens(self) -> "Town":
        """Let the tool know all three."""
        await self.campus.registers("1", "2")
        await self.tenant.registers("9")
        await self.other.registers("1")
        return self

    async def begun(self, **more: str) -> tuple[Browser, dict[str, str]]:
        """A fresh browser that has begun a login; what the tool asks of the platform."""
        browser = self.world.browser()
        return browser, await self.campus.begins(browser, **more)

    def claims(self, asked: dict[str, str], **changes: Any) -> dict[str, Any]:
        """The claims of an honest learner, with these changed; … drops one."""
        return self.campus.says(asked, **changes)

    def form(self, asked: dict[str, str], token: str) -> dict[str, str]:
        """What a browser brings back from the platform."""
        return {"state": asked["state"], "id_token": token}

    def signs(self, claims: Any, **header: Any) -> str:
        """The campus's signature under whatever."""
        return self.campus.lms.signs(claims, **header)

    async def grew(self) -> int:
        """How many launches there are that were not there when last asked."""
        now = len(await self.world.stored(Launch))
        grown, self.launches = now - self.launches, now
        return grown


@asynccontextmanager
async def open_town(databases: Databases, folder: Path) -> AsyncIterator[Town]:
    """A town in a fresh database."""
    with databases.lent() as url:
        async with running_world(url, folder) as world:
            yield await Town(world).opens()


def politely_refused(answer: httpx2.Response) -> None:
    """4xx, a page that helps, nothing given away, nobody sent elsewhere, no cookie of a launch."""
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text[:500])
    assert "Location" not in answer.headers
    assert not [kept for kept in answer.headers.get_list("Set-Cookie") if "Max-Age=0" not in kept]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    found = [trace for trace in TRACES if trace in answer.text]
    assert not found, (found, answer.text)
    if answer.text and answer.headers.get("Content-Type", "").startswith("text/html"):
        assert "<h1" in answer.text
        assert "again" in answer.text or "LMS" in answer.text or "course" in answer.text


def forged(claims: dict[str, Any], **header: Any) -> str:
    """A token that nobody has signed."""
    return f"{segment({'alg': 'none', **header})}.{segment(claims)}."


def public_pem(name: str) -> bytes:
    """A public key as text, which careless libraries take for a shared secret."""
    return rsa_key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def by_secret(town: Town, claims: dict[str, Any], secret: bytes) -> str:
    """A token signed by what everybody knows."""
    return hs256(claims, secret, town.campus.lms.kid)


def jwk_text() -> bytes:
    """The campus's public key as JSON."""
    return json.dumps(public_jwk(rsa_key("platform"), "kid-1")).encode()


def tampered(token: str, **changes: Any) -> str:
    """A signed token whose payload was changed afterwards."""
    head, payload, signature = token.split(".")
    claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    claims |= {full_name(name): value for name, value in changes.items()}
    return f"{head}.{segment(claims)}.{signature}"


def flipped(token: str) -> str:
    """A signed token with one letter of its signature changed."""
    middle = len(token) - 20
    return f"{token[:middle]}{'A' if token[middle] != 'A' else 'B'}{token[middle + 1 :]}"


def raw(browser: Browser) -> dict[str, str]:
    """The cookies of a browser, for a thief."""
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.http.cookies.items())}


async def launches(town: Town, browser: Browser, form: Any) -> httpx2.Response:
    """Bring a launch, whatever its form is."""
    if isinstance(form, dict):
        return await browser.http.post(f"{TOOL}/lti/launch", data=form)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return await browser.http.post(f"{TOOL}/lti/launch", content=form, headers=kind)
