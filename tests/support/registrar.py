"""An LMS's administrator, who connects it to the tool by invite."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2

from service.demo.flavours.registration import registration_token
from service.demo.tools import Dialect
from service.invites import Terms, make_invite
from tests.support.world import LMS, TOOL, Browser, World, form_to

AGREED = {"agreed": "yes", "names": "yes", "roster": "yes"}


@dataclass
class Administrator:
    """Somebody with an invite, and the page that their LMS opened for it."""

    world: World
    browser: Browser
    path: str
    token: str

    @property
    def text(self) -> str:
        """What the page says, as people read it."""
        return self.browser.text.replace("&#39;", "'").replace("&#34;", '"')

    async def opens(self, url: str | None, token: str | None = None) -> httpx2.Response:
        """The LMS opens the invite with the address of its configuration."""
        params = {"openid_configuration": url, "registration_token": token or self.token}
        self.browser.page = await self.browser.http.get(
            f"{TOOL}{self.path}", params={name: one for name, one in params.items() if one}
        )
        return self.browser.page

    async def opens_by(self, dialect: Dialect, *, updates: str | None = None) -> httpx2.Response:
        """The demo LMS opens it, with a token of its own."""
        self.token = registration_token(self.world.lms.state.lms, dialect, updates=updates)
        return await self.opens(f"{LMS}/lti/{dialect}/openid-configuration")

    async def presses(self, **typed: str) -> httpx2.Response:
        """Confirm, with what is ticked and typed."""
        return await self.browser.sends(form_to(self.browser.text, self.path), **typed)

    async def agrees(self, **typed: str) -> httpx2.Response:
        """Confirm as the page suggests."""
        return await self.presses(**{**AGREED, **typed})


async def an_administrator(world: World, **terms: Any) -> Administrator:
    """Somebody who was just given an invite."""
    address = await make_invite(world.worker.database, TOOL, Terms(**terms), world.clock())
    return Administrator(world, world.browser(), urlsplit(address).path, "")


async def invited(world: World, dialect: Dialect = "moodle", **terms: Any) -> Administrator:
    """Somebody who sees the page to confirm on."""
    admin = await an_administrator(world, **{"lasts": timedelta(days=1), **terms})
    answer = await admin.opens_by(dialect)
    assert answer.status_code == 200, answer.text
    return admin
