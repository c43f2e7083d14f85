"""An operator's development platforms: exact hosts with their ports, and nothing beside them."""

import httpx2
import pytest

from lti.errors import AddressRefused
from lti.outbound import Call
from lti.platforms import frames_registration, shares_issuer
from lti.public_web import PublicWeb, host_and_port

ALSO = frozenset({"localhost:8000", "moodle.test:443"})


def web(called: list[str]) -> PublicWeb:
    """A web where every name is on this machine."""

    async def resolve(host: str, port: int) -> list[str]:
        return ["::1", "127.0.0.1"]

    def answer(request: httpx2.Request) -> httpx2.Response:
        called.append(f"{request.url} for {request.headers['Host']}")
        return httpx2.Response(200)

    return PublicWeb(resolve=resolve, transport=httpx2.MockTransport(answer), also=ALSO)


async def fetches(url: str) -> list[str]:
    """What is called for this address."""
    called: list[str] = []
    async with web(called) as one:
        await one.fetch(Call(method="GET", url=url, seconds=5, most_bytes=10))
    return called


async def test_a_named_host_is_called_where_it_is() -> None:
    assert await fetches("http://localhost:8000/x") == [
        "http://127.0.0.1:8000/x for localhost:8000"
    ]
    assert await fetches("https://moodle.test/x") == ["https://127.0.0.1/x for moodle.test"]


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8001/x",
        "http://localhost/x",
        "https://moodle.test:8443/x",
        "http://moodle.test:443/x",
        "https://x.moodle.test/",
        "https://moodle.test.x.test/",
        "https://moodle.test@inner.test/",
        "http://127.0.0.1:8000/x",
        "",
        "https://moodle.test/\r\n",
    ],
)
async def test_its_neighbours_are_not(url: str) -> None:
    with pytest.raises(AddressRefused):
        await fetches(url)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://a.test/x", "a.test:443"),
        ("http://localhost/x", "localhost:80"),
        ("https://a.test:8443", "a.test:8443"),
        ("http://[::1]:80/", "::1:80"),
    ],
)
def test_a_place_is_a_host_with_its_port(url: str, place: str) -> None:
    assert host_and_port(url) == place


def test_an_lms_frames_its_own_registration_and_canvass_cloud_from_many_domains() -> None:
    assert frames_registration("https://moodle.test:8443/x?y") == "https://moodle.test:8443"
    assert frames_registration("https://sso.canvaslms.com/api") == "https:"
    assert frames_registration("https://canvas.instructure.com/api") == "https:"
    assert frames_registration("https://canvas.instructure.com.evil.test/") != "https:"
    assert frames_registration("nothing") is None


def test_many_institutions_share_canvass_issuer() -> None:
    assert shares_issuer("https://canvas.instructure.com")
    assert not shares_issuer("https://canvas.example.edu")
