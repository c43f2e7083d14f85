"""Hostile rows R01-R13: whoever comes to connect an LMS, and whatever their LMS says of itself."""

from typing import Any

import httpx2
import pytest

from lti.public_web import PublicWeb
from service.app import create_app
from service.demo.flavours.registration import TOOL as TOOL_CLAIM
from service.demo.flavours.registration import configuration
from service.models import Event, Registration
from service.settings import Settings, SettingsRefused
from tests.support.joined import Pinned, resolve, running
from tests.support.registrar import Administrator, an_administrator, invited
from tests.support.world import LMS, TOOL, World

CONFIGURATION = "https://evil.test/configuration"
WORST = "https://10.0.0.1/"


class Evil:
    """A platform that says of itself, and answers, whatever a test wants it to."""

    def __init__(self, world: World, host: str = "evil.test") -> None:
        self.asked: list[httpx2.Request] = []
        self.says = configuration(world.lms.state.lms, "moodle") | {
            "issuer": f"https://{host}",
            "authorization_endpoint": f"https://{host}/auth",
            "token_endpoint": f"https://{host}/token",
            "jwks_uri": f"https://{host}/jwks",
            "registration_endpoint": f"https://{host}/register",
        }
        self.shows = httpx2.Response(200)
        self.answer: dict[str, Any] = {"client_id": "evil-1", TOOL_CLAIM: {"deployment_id": "1"}}
        world.joined.apps[host] = httpx2.MockTransport(self._answer)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        if request.url.path == "/configuration":
            if self.shows.content or self.shows.status_code != 200:
                return self.shows
            return httpx2.Response(200, json=self.says)
        return httpx2.Response(200, json=self.answer)


@pytest.fixture
async def evil(world: World) -> Evil:
    """A platform that means no good."""
    return Evil(world)


@pytest.fixture
async def admin(world: World) -> Administrator:
    """Somebody who holds an invite."""
    return await an_administrator(world)


async def registrations(world: World) -> list[str]:
    """The client ids that are known."""
    return sorted(row.client_id for row in await world.stored(Registration))


INNER = [
    "http://127.0.0.1:8001/",  # R01
    "https://127.0.0.1/",
    "https://localhost/",
    "https://localhost:5432/",
    "http://169.254.169.254/latest/meta-data/",  # R02
    "https://169.254.169.254/",
    "file:///etc/passwd",  # R03
    "gopher://evil.test/x",  # R04
    "https://[::1]/",  # R05
    "https://[fe80::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://2130706433/",  # R06
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://evil.test@inner.test/",  # R07
    "https://evil.test:x@10.0.0.1/",
    "https://inner.test/",
    "https://moodle.inner.test/",
    "http://evil.test/configuration",
    "https://evil.test\\@inner.test/",
    "https://evil.test/\r\nX: y",
    "//evil.test/configuration",
    "javascript:alert(1)",
    "data:application/json,{}",
    "x" * 5000,
]


@pytest.mark.parametrize("url", INNER)
async def test_r01_to_r07_no_address_but_a_public_one_is_called(
    world: World, admin: Administrator, evil: Evil, url: str
) -> None:
    answer = await admin.opens(url, "t.t.t")
    assert answer.status_code == 422
    assert "couldn't be connected" in admin.text
    assert not evil.asked
    assert "Register</button>" not in answer.text
    assert await registrations(world) == ["eyeball-demo"]


async def test_r08_no_redirect_is_followed(world: World, admin: Administrator, evil: Evil) -> None:
    for status in (301, 302, 303, 307, 308):
        evil.shows = httpx2.Response(status, headers={"Location": f"{LMS}/lti/jwks"})
        assert (await admin.opens(CONFIGURATION)).status_code == 422
    assert {request.url.path for request in evil.asked} == {"/configuration"}


@pytest.mark.parametrize(
    "name",
    ["authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint", "issuer"],
)
@pytest.mark.parametrize("address", [WORST, "http://localhost:8001/x", "https://inner.test/"])
async def test_r09_no_endpoint_within_may_be_an_inner_one(
    admin: Administrator, evil: Evil, name: str, address: str
) -> None:
    evil.says[name] = address
    assert (await admin.opens(CONFIGURATION)).status_code == 422
    assert len(evil.asked) == 1


async def test_r10_nobody_speaks_for_another_platform(
    world: World, admin: Administrator, evil: Evil
) -> None:
    for issuer in (LMS, "https://canvas.instructure.com", "https://evil.test.x.test"):
        evil.says["issuer"] = issuer
        assert (await admin.opens(CONFIGURATION)).status_code == 422
        assert "speaks for another" in admin.text
    assert await registrations(world) == ["eyeball-demo"]


async def test_r11_no_tenant_is_overwritten(world: World, evil: Evil) -> None:
    first = await an_administrator(world)
    await first.opens(CONFIGURATION)
    await first.agrees()
    evil.says |= {
        name: f"https://evil.test/other/{name}"
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
    }
    second = await an_administrator(world)
    await second.opens(CONFIGURATION)
    answer = await second.agrees()
    assert answer.status_code == 422
    assert "connected already" in second.text
    [row] = [row for row in await world.stored(Registration) if row.client_id == "evil-1"]
    assert row.jwks_url == "https://evil.test/jwks"


async def test_r12_thirty_megabytes_are_not_read(admin: Administrator, evil: Evil) -> None:
    evil.shows = httpx2.Response(200, content=b"[" * 30_000_000)
    assert (await admin.opens(CONFIGURATION)).status_code == 422
    assert "too long" in admin.text


async def test_r13_what_registered_itself_is_not_live_before_approval(
    world: World, admin: Administrator, evil: Evil
) -> None:
    await admin.opens(CONFIGURATION)
    assert (await admin.agrees()).status_code == 200
    [row] = [row for row in await world.stored(Registration) if row.client_id == "evil-1"]
    assert not row.approved


async def test_without_an_invite_nothing_is_fetched(world: World, evil: Evil) -> None:
    browser = world.browser()
    for secret in ("x", "x" * 43, "x" * 3000, "%00", "..%2f"):
        answer = await browser.http.get(
            f"{TOOL}/lti/register/{secret}", params={"openid_configuration": CONFIGURATION}
        )
        assert 400 <= answer.status_code < 500, secret
        sent = await browser.http.post(f"{TOOL}/lti/register/{secret}", data={"agreed": "yes"})
        assert 400 <= sent.status_code < 500, secret
    assert not evil.asked


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"<html>",
        b"null",
        b"[" * 60_000,
        b"\xff",
        b'{"issuer": 7}',
        b'{"issuer": "https://evil.test", "issuer": "https://lms.test"}',
    ],
)
async def test_whatever_it_says_of_itself_is_refused_in_words(
    admin: Administrator, evil: Evil, said: bytes
) -> None:
    evil.shows = httpx2.Response(200, content=said or b" ")
    assert (await admin.opens(CONFIGURATION)).status_code == 422
    assert "cannot be read" in admin.text


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"client_id": "\0"},
        {"client_id": "x" * 256},
        {"client_id": "1", "scope": "\0 x"},
        {"client_id": "1", "scope": 7},
        {"client_id": "1", TOOL_CLAIM: {"deployment_id": "x" * 256}},
        {"client_id": "1", TOOL_CLAIM: {"deployment_id": "\0"}},
        {"client_id": "1", TOOL_CLAIM: []},
    ],
)
async def test_whatever_it_answers_is_stored_whole_or_not_at_all(
    world: World, admin: Administrator, evil: Evil, answer: dict[str, Any]
) -> None:
    evil.answer = answer
    await admin.opens(CONFIGURATION)
    assert (await admin.agrees()).status_code == 422
    assert await registrations(world) == ["eyeball-demo"]


async def test_script_and_odd_letters_in_its_words_stay_text(
    world: World, admin: Administrator, evil: Evil
) -> None:
    nasty = "<script>alert(1)</script>\"'{{7*7}}"
    evil.says["https://purl.imsglobal.org/spec/lti-platform-configuration"] = {
        "product_family_code": nasty[:60],
        "https://canvas.instructure.com/lti/account_name": nasty + "\u202e\x07",
    }
    evil.answer = {"client_id": nasty, TOOL_CLAIM: {"deployment_id": nasty}}
    pages = [await admin.opens(CONFIGURATION), await admin.agrees(contact=nasty + "\0")]
    for page in pages:
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert" in page.text
    [row] = [row for row in await world.stored(Registration) if row.client_id == nasty]
    assert row.name == nasty
    assert row.contact == nasty


async def test_a_token_that_is_none_goes_nowhere(admin: Administrator, evil: Evil) -> None:
    for token in ("a b", "a\r\nX: y", "é", "x" * 9000):
        assert (await admin.opens(CONFIGURATION, token)).status_code == 422
    assert not evil.asked


async def test_parameters_that_come_twice_are_refused(admin: Administrator, evil: Evil) -> None:
    url = f"{TOOL}{admin.path}?openid_configuration={CONFIGURATION}&openid_configuration={WORST}"
    answer = await admin.browser.http.get(url)
    assert answer.status_code == 400
    assert not evil.asked


async def test_an_offer_goes_with_no_other_invite(world: World, evil: Evil) -> None:
    """What one page carries registers by its own invite, whichever address it is sent to."""
    mine = await an_administrator(world)
    await mine.opens(CONFIGURATION)
    offer = mine.browser.text.partition('name="offer" value="')[2].partition('"')[0]
    other = await invited(world, approves=True)
    sent = {"offer": offer, "agreed": "yes"}
    await other.browser.http.post(f"{TOOL}{other.path}", data=sent)
    [row] = [row for row in await world.stored(Registration) if row.client_id == "evil-1"]
    assert not row.approved


async def test_a_platform_for_development_is_called_and_still_needs_an_invite(
    world: World,
) -> None:
    inner = Evil(world, "moodle.inner.test")
    settings = Settings(
        home=world.settings.home,
        public_url=TOOL,
        database_url=world.settings.database_url,
        secret=world.settings.secret,
        dev_platforms=frozenset({"moodle.inner.test:443"}),
    )

    class AlsoInner(Pinned):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            named = httpx2.URL(f"https://{request.headers['Host']}")
            url = request.url.copy_with(host=named.host, port=named.port)
            return await self.joined.handle_async_request(
                httpx2.Request(request.method, url, headers=request.headers)
            )

    web = PublicWeb(resolve=resolve, transport=AlsoInner(world.joined), also=settings.dev_platforms)
    app = create_app(settings, clock=world.clock, public_web=web)
    async with running(app):
        world.joined.add("tool.test", app)
        address = "https://moodle.inner.test/configuration"
        stranger = await world.browser().http.get(
            f"{TOOL}/lti/register/{'x' * 43}", params={"openid_configuration": address}
        )
        assert stranger.status_code == 404
        assert not inner.asked
        admin = await an_administrator(world)
        assert (await admin.opens(address)).status_code == 200
        assert (await admin.opens("https://moodle.inner.test:8443/x")).status_code == 422
        assert (await admin.opens("https://other.inner.test/x")).status_code == 422


def test_an_allow_list_holds_exact_hosts_with_ports() -> None:
    def read(value: str) -> frozenset[str]:
        env = {"EYEBALL_DEV_PLATFORMS": value, "EYEBALL_SECRET": "x"}
        return Settings.from_environment(env).dev_platforms

    assert read("") == frozenset()
    assert read("localhost:8000, Moodle.test:8443") == {"localhost:8000", "moodle.test:8443"}
    for wrong in ("localhost", "*:80", "https://x:1", "*.test:443", "x:0", "x:123456"):
        with pytest.raises(SettingsRefused):
            read(wrong)


async def test_every_refusal_can_be_looked_up(
    world: World, admin: Administrator, evil: Evil
) -> None:
    await admin.opens(WORST, "t.t.t")
    [event] = await world.stored(Event)
    assert (event.kind, event.outcome, event.code) == ("registration", "refused", "AddressRefused")
    assert event.reference in admin.text
