"""A platform of the tests' own: it says of a person whatever a test wants it to say."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from service.models import Registration
from service.seeding import seed_registration
from tests.support.world import TOOL, Browser, World
from tests.unit.lti.lms import MEMBERSHIP, Lms

CAMPUS = "https://campus.test"
LEARNER = f"{MEMBERSHIP}#Learner"
INSTRUCTOR = f"{MEMBERSHIP}#Instructor"
MENTOR = f"{MEMBERSHIP}#Mentor"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
AGS = "https://purl.imsglobal.org/spec/lti-ags/"
GRADES = {"scope": [f"{AGS}scope/score"], "lineitem": f"{CAMPUS}/columns/1/lineitem"}

# What Moodle 4.5 asks where a teacher selects content.
RETURN = f"{CAMPUS}/mod/lti/contentitem_return.php?course=3&id=1&sesskey=a%26b"
COURSE = {"id": "3", "title": "Echo 101", "type": ["CourseSection"]}
MOODLE = {"product_family_code": "moodle"}
ASKED: dict[str, Any] = {
    "accept_types": ["ltiResourceLink"],
    "accept_presentation_document_targets": ["frame", "iframe", "window"],
    "accept_copy_advice": False,
    "accept_multiple": True,
    "accept_unsigned": False,
    "auto_create": False,
    "can_confirm": False,
    "deep_link_return_url": RETURN,
    "title": "Week 3",
    "text": "",
}


class Campus:
    """Registered with the tool; signs what it is told to, and takes scores without a word.

    script: what it answers instead, by path.
    """

    def __init__(
        self,
        world: World,
        host: str = "campus.test",
        *,
        client_id: str = "tool-1",
        key: str = "platform",
    ) -> None:
        self.world = world
        self.lms = Lms(host, key=key)
        self.lms.registration = replace(self.lms.registration, client_id=client_id)
        self.asked: list[httpx2.Request] = []
        self.script: dict[str, Callable[[httpx2.Request], httpx2.Response]] = {}
        self.shows_keys: Callable[[], httpx2.Response] = self.lms.shows_keys
        world.joined.apps[host] = httpx2.MockTransport(self.answers)

    def answers(self, request: httpx2.Request) -> httpx2.Response:
        """What its servers say to the tool."""
        self.asked.append(request)
        if request.url.path in self.script:
            return self.script[request.url.path](request)
        if request.url.path == "/jwks":
            return self.shows_keys()
        if request.url.path == "/token":
            return httpx2.Response(200, json={"access_token": "a-token", "expires_in": 3600})
        return httpx2.Response(200)

    async def registers(self, *deployments: str) -> None:
        """Let the tool know this platform, and approve these deployments."""
        ours = self.lms.registration
        registration = Registration(
            name="Campus",
            issuer=ours.issuer,
            client_id=ours.client_id,
            auth_login_url=ours.auth_login_url,
            auth_token_url=ours.auth_token_url,
            jwks_url=ours.jwks_url,
            token_audience=None,
            created_at=self.world.clock(),
        )
        for deployment in deployments or ("1",):
            await seed_registration(self.world.worker.database, registration, deployment, self.now)

    @property
    def now(self) -> Any:
        """The time, as the tool's clock has it."""
        return self.world.clock()

    async def begins(self, browser: Browser, **more: str) -> dict[str, str]:
        """Start a login; what the tool asks of the platform, state and nonce among it."""
        login = {
            "iss": self.lms.registration.issuer,
            "client_id": self.lms.registration.client_id,
            "login_hint": "whoever",
            "target_link_uri": f"{TOOL}/lti/launch",
            **more,
        }
        answer = await browser.http.post(f"{TOOL}/lti/login", data=login)
        browser.page = answer
        if answer.status_code == 200:  # the storage page
            url = answer.text.partition('data-next-url="')[2].partition('"')[0]
            url = url.replace("&amp;", "&")
        else:
            assert answer.status_code == 302, answer.text
            url = answer.headers["Location"]
        return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}

    def says(self, asked: dict[str, str], **claims: Any) -> dict[str, Any]:
        """A learner's claims in answer to a login, with these changed; … drops one."""
        now = int(self.now.timestamp())
        said = {
            "nonce": asked["nonce"],
            "iat": now - 1,
            "exp": now + 59,
            "target_link_uri": f"{TOOL}/lti/launch",
            "custom": {"activity": "practice"},
            "endpoint": GRADES,
            **claims,
        }
        return self.lms.claims(**said)

    def signs(self, asked: dict[str, str], **claims: Any) -> dict[str, str]:
        """The launch's form: state and a signed token with these claims."""
        return {"state": asked["state"], "id_token": self.lms.signs(self.says(asked, **claims))}

    async def posts(self, browser: Browser, form: dict[str, str]) -> httpx2.Response:
        """Bring the launch to the tool."""
        browser.page = await browser.http.post(f"{TOOL}/lti/launch", data=form)
        return browser.page

    async def launches(self, browser: Browser, **claims: Any) -> httpx2.Response:
        """Login and launch; the browser ends on the tool's page."""
        answer = await self.posts(browser, self.signs(await self.begins(browser), **claims))
        if answer.status_code == 303:
            await browser.opens(f"{TOOL}{answer.headers['Location']}")
        assert browser.page is not None
        return browser.page

    async def picks(
        self, browser: Browser | None = None, *, asked: Any = None, **claims: Any
    ) -> Browser:
        """A browser in which a teacher has pressed the LMS's button to select content; `asked` are
        changes to what the LMS wants, where … drops something."""
        browser = browser or self.world.browser()
        wanted = {**ASKED, **(asked or {})}
        said: dict[str, Any] = {
            "message_type": "LtiDeepLinkingRequest",
            "roles": [INSTRUCTOR],
            "sub": "7",
            "resource_link": ...,
            "custom": {"title": None},
            "context": COURSE,
            "tool_platform": MOODLE,
            "deep_linking": {name: said for name, said in wanted.items() if said is not ...},
            "endpoint": {"scope": [f"{AGS}scope/score"], "lineitems": f"{CAMPUS}/columns"},
            **claims,
        }
        await self.launches(browser, **said)
        return browser

    async def arrives(self, sub: str, activity: str = "practice", **claims: Any) -> Browser:
        """A fresh browser in which this person has opened this activity."""
        browser = self.world.browser()
        said = {"sub": sub, "name": f"Learner {sub}", "custom": {"activity": activity}}
        link = {"id": activity, "title": activity}
        await self.launches(browser, **{**said, "resource_link": link, **claims})
        return browser


async def open_campus(world: World) -> Campus:
    """A campus that the tool knows."""
    campus = Campus(world)
    await campus.registers()
    return campus
