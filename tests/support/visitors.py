"""A browser over real sockets, for the processes of this machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

from tests.support.walks import attempt_of, carried, csrf_of, launch_of
from tests.support.world import Browser, form_to


class LocalhostTransport(httpx2.AsyncHTTPTransport):
    """Real sockets. Browsers trust localhost with Secure cookies without https; Python does not."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Drop the word Secure from cookies, so that they come back."""
        answer = await super().handle_async_request(request)
        headers = [
            (name, value.replace(b"; Secure", b"") if name.lower() == b"set-cookie" else value)
            for name, value in answer.headers.raw
        ]
        answer.headers = httpx2.Headers(headers)
        return answer


class Visitor(Browser):
    """A browser that goes to a demo LMS on this machine."""

    async def goes_to(self, lms: str, activity: str, user: str = "learner-1") -> httpx2.Response:
        """Sign in, and go through login and launch to the tool's page."""
        await self.http.post(f"{lms}/session", data={"user": user})
        await self.opens(f"{lms}/activities/{activity}/launch?target=window")
        await self.sends(form_to(self.text, "/lti/login"))
        assert self.page is not None
        return await self.sends(form_to(self.text, "/lti/launch"))

    async def uploads(self, tool: str, raw: bytes) -> httpx2.Response:
        """Send a clip as the page's script does."""
        url = f"{tool}{attempt_of(self)}/clip"
        headers = {**carried(self.text), "HX-Request": "true"}
        answer = await self.http.post(f"{url}/grant", json={"bytes": len(raw)}, headers=headers)
        sent = await self.http.put(answer.json()["url"], content=raw)
        assert sent.status_code == 204, sent.text
        fields = {"csrf": csrf_of(self)}
        self.page = await self.http.post(f"{url}/done", data=fields, follow_redirects=True)
        return self.page

    async def reloads(self) -> httpx2.Response:
        """Open the page that it is on once more."""
        return await self.opens(str(self.page.url) if self.page else "")

    async def opens_case(self, tool: str, position: int = 1) -> httpx2.Response:
        """Open a practice case from the list."""
        return await self.opens(f"{tool}{launch_of(self)}/cases/{position}")

    async def picks(self, tool: str, **typed: str) -> httpx2.Response:
        """In the picker: one activity of one practice case, as typed; the answer is at hand."""
        usual = {"title": "EF", "points": "100", "kind": "practice", "cases": "1"}
        rule = {"grade_by": "linear", "full_within": "5", "none_beyond": "20"}
        fields = {**usual, **rule, **typed, "csrf": csrf_of(self)}
        self.page = await self.http.post(f"{tool}{launch_of(self)}/pick/add", data=fields)
        return self.page

    async def locks(self, lvef: str, **ticked: str) -> httpx2.Response:
        """Type an estimate, review it, and lock it in."""
        await self.sends(form_to(self.text, "/review"), lvef=lvef, **ticked)
        return await self.sends(form_to(self.text, "/lock"))


@asynccontextmanager
async def visitor() -> AsyncIterator[Visitor]:
    """A fresh browser profile."""
    async with httpx2.AsyncClient(transport=LocalhostTransport(), timeout=30) as http:
        yield Visitor(http)
