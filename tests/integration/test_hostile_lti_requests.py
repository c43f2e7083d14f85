"""Requests that no browser makes: odd methods, bodies, headers, cookies and addresses (M17-M20).

Nothing of it may end in a 5xx, and nothing may open.
"""

import gzip
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.hostile_lms import SCRIPT, Town, launches, politely_refused, raw
from tests.support.world import TOOL
from tests.unit.lti.lms import full_name

FORM = "application/x-www-form-urlencoded"
DOORS = ("/lti/login", "/lti/launch", "/lti/verify")
BODIES: dict[str, dict[str, Any]] = {
    "nothing": {"content": b""},
    "JSON": {"json": {"iss": "https://campus.test", "state": "x", "id_token": "a.b.c"}},
    "broken JSON": {"content": b"{", "headers": {"Content-Type": "application/json"}},
    "no type": {"content": b"iss=x&state=y"},
    "an odd type": {"content": b"iss=x", "headers": {"Content-Type": "text/plain"}},
    "a type that is none": {"content": b"iss=x", "headers": {"Content-Type": ";;;="}},
    "an unheard-of charset": {
        "content": b"iss=x",
        "headers": {"Content-Type": f"{FORM}; charset=klingon"},
    },
    "UTF-16": {"content": "iss=x".encode("utf-16"), "headers": {"Content-Type": FORM}},
    "bad UTF-8": {"content": b"iss=\xff\xfe&state=%ff%fe", "headers": {"Content-Type": FORM}},
    "half percents": {"content": b"iss=%&state=%zz&%=%", "headers": {"Content-Type": FORM}},
    "half a character": {
        "content": b"iss=%ED%A0%80&state=%ED%A0%80",
        "headers": {"Content-Type": FORM},
    },
    "a NUL": {"content": b"iss=%00&state=%00&ticket=%00", "headers": {"Content-Type": FORM}},
    "no names": {"content": b"=&=&=&&&", "headers": {"Content-Type": FORM}},
    "100,000 fields": {
        "content": b"&".join(b"f%d=" % n for n in range(100_000)),
        "headers": {"Content-Type": FORM},
    },
    "900 KB in one field": {
        "content": b"state=" + b"x" * 900_000,
        "headers": {"Content-Type": FORM},
    },
    "12 MB": {"content": b"state=" + b"x" * 12_000_000, "headers": {"Content-Type": FORM}},
    "gzip": {
        "content": gzip.compress(b"iss=x"),
        "headers": {"Content-Type": FORM, "Content-Encoding": "gzip"},
    },
    "multipart without a boundary": {
        "content": b"--x\r\n\r\n",
        "headers": {"Content-Type": "multipart/form-data"},
    },
    "multipart cut off": {
        "content": b'--x\r\nContent-Disposition: form-data; name="iss"\r\n',
        "headers": {"Content-Type": "multipart/form-data; boundary=x"},
    },
    "multipart without names": {
        "content": b"--x\r\nContent-Disposition: form-data\r\n\r\ny\r\n--x--\r\n",
        "headers": {"Content-Type": "multipart/form-data; boundary=x"},
    },
    "multipart with an odd charset": {
        "content": b'--x\r\nContent-Disposition: form-data; name="iss"\r\n'
        b"Content-Type: text/plain; charset=klingon\r\n\r\ny\r\n--x--\r\n",
        "headers": {"Content-Type": "multipart/form-data; boundary=x"},
    },
    "multipart that is not text": {
        "content": b'--x\r\nContent-Disposition: form-data; name="iss"\r\n\r\n\xff\r\n--x--\r\n',
        "headers": {"Content-Type": "multipart/form-data; boundary=x"},
    },
    "a file": {"files": {"id_token": ("token.txt", b"a.b.c"), "state": ("s", b"x")}},
    "a thousand parts": {"files": [(f"f{n}", (f"{n}", b"x")) for n in range(1000)]},
    "a boundary of 5,000 letters": {
        "content": b"x",
        "headers": {"Content-Type": "multipart/form-data; boundary=" + "b" * 5000},
    },
}
HEADERS: dict[str, dict[str, str | bytes]] = {
    "odd cookies": {"Cookie": '=; ; ;;=x; __Host-eb-=; a=b=c; "; $Version=1'},
    "a cookie that is not text": {"Cookie": b"__Host-eb-state-\xff=\xfe"},
    "60 KB of cookies": {"Cookie": "; ".join(f"__Host-eb-{n}=x" for n in range(4_000))},
    "no host": {"Host": ""},
    "a host that is none": {"Host": "[::1"},
    "another host": {"Host": "evil.test"},
    "a host with a path": {"Host": "tool.test/../x"},
    "a host with a user": {"Host": "a@tool.test:99999"},
    "odd languages": {"Accept-Language": ";q=,;;*;q=nan"},
    "odd types wanted": {"Accept": "*/;q=x,,"},
    "htmx by hand": {"HX-Request": "true", "HX-Current-URL": "%ff://[", "HX-Trigger": "\x01"},
    "htmx, encoded by hand": {
        "HX-Request": "true",
        "HX-Current-URL": "%ff%zz",
        "HX-Current-URL-URI-AutoEncoded": "true",
        "HX-Target-URI-AutoEncoded": "true",
        "HX-Target": "%ff",
    },
    "another method": {"X-HTTP-Method-Override": "DELETE"},
    "forwarded": {"X-Forwarded-For": "' OR 1=1", "X-Forwarded-Host": "evil.test", "Forwarded": "x"},
    "an odd handle": {"X-Eyeball-Launch": b"\xff\xfe", "X-Eyeball-CSRF": b"\xff"},
    "an odd range": {"Range": "bytes=9-1,,-", "If-None-Match": '"', "If-Modified-Since": "never"},
    "an odd frame": {"Sec-Fetch-Dest": "iframe\x7f", "Origin": "null"},
}
PATHS = [
    "/",
    "/alive",
    "/lti/jwks",
    "/lti/kept?login=%ff",
    "/lti/kept",
    "/lti/kept?login=a&login=b",
    "/lti/kept?login=" + "x" * 50_000,
    "/lti/login?%ff=%fe&iss=%ED%A0%80",
    "/lti/login?" + "&".join(f"f{n}=" for n in range(5_000)),
    "/lti/launch?id_token=a.b.c&state=x",
    "/lti/verify",
    "/lti//launch",
    "/LTI/LAUNCH",
    "/lti/launch/",
    "/lti/launch/../login",
    "/lti/launch%2f..%2flogin",
    "/lti/launch%00",
    "/l/",
    "/l/x",
    "/l/%00",
    "/l/00000000-0000-4000-8000-000000000000",
    "/l/00000000-0000-4000-8000-000000000000/cases/99999999999999999999",
    "/l/00000000-0000-4000-8000-000000000000/attempts/00000000-0000-4000-8000-000000000000/step",
    "/l/{00000000-0000-4000-8000-000000000000}",
    "/l/00000000000040008000000000000000",
    "/clips/../../etc/passwd",
    "/clips/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/static/../service/settings.py",
    "/static/%2e%2e/%2e%2e/pyproject.toml",
    "/static/%00",
    "/static/" + "x" * 5_000,
    "/static/clip.js/",
    "/.env",
    "/" + "x" * 20_000,
]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_a_body_that_is_no_launch_is_refused(
    town: Town, door: str, body: dict[str, Any]
) -> None:
    politely_refused(await town.world.browser().http.post(f"{TOOL}{door}", **body))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "method", ["PUT", "DELETE", "PATCH", "HEAD", "TRACE", "CONNECT", "PROPFIND", "GETS"]
)
async def test_an_odd_method_is_refused(town: Town, door: str, method: str) -> None:
    answer = await town.world.browser().http.request(method, f"{TOOL}{door}")
    assert answer.status_code == 405
    politely_refused(answer)


async def test_a_launch_in_an_address_is_refused(town: Town) -> None:
    """M19: what an address holds ends in logs and histories."""
    browser, asked = await town.begun()
    form = town.campus.signs(asked)
    politely_refused(await browser.http.get(f"{TOOL}/lti/launch", params=form))
    politely_refused(await browser.http.post(f"{TOOL}/lti/launch", params=form))
    assert (await launches(town, browser, form)).status_code == 303


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS.keys())
async def test_odd_headers_break_nothing(town: Town, headers: dict[str, Any]) -> None:
    browser, asked = await town.begun()
    answer = await launches(town, browser, town.campus.signs(asked))
    home = f"{TOOL}{answer.headers['Location']}"
    stranger = town.world.browser()
    for method, url in (
        ("GET", f"{TOOL}/"),
        ("GET", home),
        ("POST", home),
        ("GET", f"{TOOL}/lti/kept?login=x"),
        ("GET", f"{TOOL}/static/clip.js"),
        ("GET", f"{TOOL}/static/none"),
        ("GET", f"{TOOL}/clips/masked/none.mp4"),
        ("POST", f"{TOOL}/lti/login"),
        ("POST", f"{TOOL}/lti/launch"),
        ("GET", f"{TOOL}/nowhere"),
    ):
        given_ = httpx2.Headers(headers)  # as raw as they are written
        assert (await stranger.http.request(method, url, headers=given_)).status_code < 500


async def test_a_jar_of_odd_cookies_does_not_keep_anybody_out(town: Town) -> None:
    """More launches than are kept, some under names that we never gave."""
    browser, asked = await town.begun()
    ours = raw(browser)["Cookie"]
    odd = [f"__Host-eb-{name}=x" for name in ("é", "a b", "(x)", "<", "-", "", *map(str, range(9)))]
    headers = [(b"Cookie", "; ".join([*odd, ours]).encode())]
    answer = await town.world.browser().http.post(
        f"{TOOL}/lti/launch", data=town.campus.signs(asked), headers=headers
    )
    assert answer.status_code == 303


@pytest.mark.parametrize("path", PATHS)
async def test_no_address_breaks_anything(town: Town, path: str) -> None:
    browser = town.world.browser()
    for method in ("GET", "POST", "HEAD", "OPTIONS", "DELETE"):
        answer = await browser.http.request(method, httpx2.URL(f"{TOOL}{path}"))
        assert answer.status_code < 500, method
        assert "root:" not in answer.text


# Shapes of claims that nobody thought of.

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["1", "https://campus.test", "javascript:x", SCRIPT, "\0", "LtiDeepLinkingRequest"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8) | st.just("id"), inner, max_size=3)
    ),
    max_leaves=6,
)
CLAIMS = (
    "iss", "aud", "azp", "sub", "exp", "iat", "nbf", "nonce", "name", "given_name", "locale",
    "message_type", "version", "deployment_id", "target_link_uri", "resource_link", "context",
    "launch_presentation", "tool_platform", "custom", "endpoint", "members", "for_user",
    "deep_linking", "roles",
)  # fmt: skip
claim_names = st.sampled_from([full_name(name) for name in CLAIMS])


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changes=st.dictionaries(claim_names, json_values, min_size=1, max_size=4))
async def test_whatever_a_platform_signs_is_let_in_or_politely_refused(
    town: Town, changes: dict[str, Any]
) -> None:
    browser, asked = await town.begun()
    claims = town.claims(asked) | changes
    answer = await launches(town, browser, town.form(asked, town.signs(claims)))
    if answer.status_code != 303:
        politely_refused(answer)
        return
    home = await browser.http.get(f"{TOOL}{answer.headers['Location']}")
    assert home.status_code == 200
    assert "<script>alert" not in home.text
