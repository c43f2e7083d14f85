"""Tokens that must not open the running tool: each row an attack, named as in our requirements.

S: signatures. T: times. A: audiences, tenants, deployments. M: what a token may look like.
"""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import jwt
import pytest

from tests.support.hostile_lms import (
    EVIL,
    SCRIPT,
    Town,
    by_secret,
    flipped,
    forged,
    jwk_text,
    launches,
    politely_refused,
    public_pem,
    tampered,
)
from tests.support.world import TOOL
from tests.unit.lti.lms import full_name, public_jwk, rsa_key, segment

type Claims = dict[str, Any]
type Attack = Callable[[Town, Claims], str]
HOUR, DAY, YEAR = 3600, 86400, 365 * 86400
SHARED_KID = "kid-1"


def signed(**changes: Any) -> Attack:
    """The platform's own signature under claims that it never makes."""

    def token(town: Town, claims: Claims) -> str:
        said = {**claims, **{full_name(name): value for name, value in changes.items()}}
        return town.signs({name: value for name, value in said.items() if value is not ...})

    return token


def timed(**shifts: float) -> Attack:
    """Signed, with times this far from now."""

    def token(town: Town, claims: Claims) -> str:
        now = int(town.campus.now.timestamp())
        return town.signs(claims | {name: now + shift for name, shift in shifts.items()})

    return token


def header(**changes: Any) -> Attack:
    """Signed, with an odd header."""
    return lambda town, claims: town.signs(claims, **changes)


def strange(**changes: Any) -> Attack:
    """Signed by a stranger's key, whatever the header says of it."""
    return lambda town, claims: town.campus.lms.signs(claims, key=rsa_key("stranger"), **changes)


def none(**changes: Any) -> Attack:
    """Not signed at all."""
    return lambda town, claims: forged(claims, **changes)


def shared(secret: Callable[[], bytes]) -> Attack:
    """Signed with something public, as if it were a shared secret."""
    return lambda town, claims: by_secret(town, claims, secret())


def other_algorithm(name: str) -> Attack:
    """Signed with the right key by another algorithm."""
    return lambda town, claims: jwt.encode(
        claims, town.campus.lms.key, algorithm=name, headers={"kid": SHARED_KID}
    )


def by_other(**changes: Any) -> Attack:
    """Signed by the other platform, which is registered too."""
    return lambda town, claims: town.other.lms.signs(claims | changes)


SIGNATURES: dict[str, Attack] = {
    "S01 alg none": none(kid=SHARED_KID),
    "S01 alg None": none(alg="None", kid=SHARED_KID),
    "S01 alg NONE, no kid": none(alg="NONE"),
    "S01 alg nOnE with a signature": lambda town, claims: (
        forged(claims, alg="nOnE", kid=SHARED_KID) + "c2ln"
    ),
    "S01 alg missing": lambda town, claims: town.signs(claims, alg=...),
    "S01 alg empty": header(alg=""),
    "S02 HS256 by the public key's PEM": shared(lambda: public_pem("platform")),
    "S03 HS256 by the public JWK": shared(jwk_text),
    "S04 HS256 by an empty secret": shared(lambda: b""),
    "S05 RS512": other_algorithm("RS512"),
    "S06 PS256": other_algorithm("PS256"),
    "S07 a stranger's key under the platform's kid": strange(),
    "S08 a stranger's key under a kid of its own": strange(kid="stranger"),
    "S09 no kid": header(kid=...),
    "S09 an empty kid": header(kid=""),
    "S09 kid is a number": header(kid=1),
    "S09 kid is a list": header(kid=[SHARED_KID]),
    "S09 kid is a path": strange(kid="../../../../dev/null"),
    "S09 kid is SQL": strange(kid="' OR 1=1 --"),
    "S09 kid is 10,000 letters": strange(kid="k" * 10_000),
    "S09 kid has a NUL": strange(kid="kid-1\0"),
    "S10 the key in the header": strange(jwk=public_jwk(rsa_key("stranger"), SHARED_KID)),
    "S11 the key at an address": strange(jku=f"{EVIL}/jwks"),
    "S12 a certificate at an address": strange(x5u=f"{EVIL}/cert", x5c=["MIIB"]),
    "S13 changed payload": lambda town, claims: tampered(town.signs(claims), sub="root"),
    "S14 cut signature": lambda town, claims: town.signs(claims)[:-40],
    "S14 empty signature": lambda town, claims: town.signs(claims).rpartition(".")[0] + ".",
    "S14 flipped letter": lambda town, claims: flipped(town.signs(claims)),
    "S15 an oct key planted": shared(lambda: b"planted"),
    "S16 crit": header(crit=["exp"]),
    "S16 b64 false": header(b64=False, crit=["b64"]),
    "S17 zip": strange(zip="DEF"),
    "S18 the other platform's key": by_other(),
    "S19 the other platform's key under its own name": by_other(iss="https://other.test"),
}
TIMES = {
    "T01 expired an hour ago": timed(iat=-HOUR - 60, exp=-HOUR),
    "T02 expired two minutes ago": timed(iat=-180, exp=-121),
    "T03 no exp": signed(exp=...),
    "T04 no iat": signed(iat=...),
    "T05 iat two minutes ahead": timed(iat=121, exp=300),
    "T06 nbf two minutes ahead": timed(nbf=121),
    "T07 two days old": timed(iat=-2 * DAY, exp=60),
    "T08 good for ten years": timed(exp=10 * YEAR),
    "T09 exp is text": signed(exp="tomorrow"),
    "T09 exp is true": signed(exp=True),
    "T09 exp is null": signed(exp=None),
    "T09 exp is a list": signed(exp=[1]),
    "T09 iat is negative": signed(iat=-1),
    "T09 exp is beyond all dates": signed(exp=10**30),
    "T09 exp is a number of 5,000 digits": lambda town, claims: town.signs(
        segmentless(claims, exp="9" * 5000)
    ),
    "T09 exp is infinite": lambda town, claims: town.signs(segmentless(claims, exp="1e999")),
    "T09 exp is NaN": lambda town, claims: town.signs(segmentless(claims, exp="NaN")),
}


def segmentless(claims: Claims, **texts: str) -> bytes:
    """Claims as JSON in which some values are written as no JSON writer would."""
    whole = json.dumps({**claims, **dict.fromkeys(texts, 0)})
    for name, text in texts.items():
        whole = whole.replace(f'"{name}": 0', f'"{name}": {text}')
    return whole.encode()


AUDIENCES = {
    "A01 aud is another's": signed(aud="somebody"),
    "A02 no aud": signed(aud=...),
    "A03 aud is an empty list": signed(aud=[]),
    "A03 aud is empty": signed(aud=""),
    "A04 aud is an object": signed(aud={"tool-1": True}),
    "A04 aud is a number": signed(aud=1),
    "A04 aud holds a number": signed(aud=["tool-1", 1]),
    "A05 two audiences, no azp": signed(aud=["tool-1", "tool-7"]),
    "A06 two audiences, a foreign azp": signed(aud=["tool-1", "tool-7"], azp="tool-7"),
    "A07 two audiences, an azp that is none of them": signed(aud=["tool-1", "x"], azp="y"),
    "A08 one audience, another azp": signed(azp="tool-7"),
    "A08 azp is a list": signed(azp=["tool-1"]),
    "A09 no iss": signed(iss=...),
    "A09 iss is null": signed(iss=None),
    "A10 iss unknown": signed(iss=EVIL),
    "A10 iss with a slash": signed(iss="https://campus.test/"),
    "A10 iss in capitals": signed(iss="HTTPS://CAMPUS.TEST"),
    "A11 the other platform": signed(iss="https://other.test", aud="tool-9"),
    "A12 another tenant of the same issuer": signed(aud="tool-2"),
    "A12 two tenants at once": signed(aud=["tool-1", "tool-2"], azp="tool-2"),
    "A13 an unknown deployment": signed(deployment_id="77"),
    "A14 another tenant's deployment": signed(deployment_id="9"),
    "A15 no deployment": signed(deployment_id=...),
    "A15 deployment is null": signed(deployment_id=None),
    "A15 deployment is empty": signed(deployment_id=""),
    "A16 deployment is a list": signed(deployment_id=["1"]),
    "A16 deployment is a number": signed(deployment_id=1),
    "A16 deployment is true": signed(deployment_id=True),
    "A16 deployment holds script": signed(deployment_id=SCRIPT),
    "A17 target is foreign": signed(target_link_uri=f"{EVIL}/lti/launch"),
    "A17 target has a user name": signed(target_link_uri="https://tool.test@evil.test/lti/launch"),
    "A18 target runs script": signed(target_link_uri="javascript:alert(1)"),
    "A18 no target": signed(target_link_uri=...),
}
LTI_CLAIMS = (
    "message_type",
    "version",
    "deployment_id",
    "target_link_uri",
    "resource_link",
    "roles",
    "sub",
    "context",
    "launch_presentation",
    "tool_platform",
    "custom",
    "endpoint",
    "members",
    "name",
    "given_name",
    "locale",
    "nonce",
    "for_user",
)
OBJECTS = {"context", "launch_presentation", "tool_platform", "endpoint", "members"}
WRONG = {"number": 7, "true": True, "list": [7], "object": {"id": 7}, "nested": [{"a": [[]]}]}
MALFORMED: dict[str, Attack] = {
    "M01 no token": lambda town, claims: "",
    "M01 one dot": lambda town, claims: "a.b",
    "M01 four dots": lambda town, claims: town.signs(claims) + ".x.y",
    "M01 only dots": lambda town, claims: "..",
    "M02 not base64": lambda town, claims: "§§.§§.§§",
    "M02 base64 of nothing": lambda town, claims: ".".join([segment(b"")] * 3),
    "M03 payload is a list": lambda town, claims: town.signs([claims]),
    "M03 payload is a text": lambda town, claims: town.signs("claims"),
    "M03 payload is null": lambda town, claims: town.signs(None),
    "M04 header is a list": lambda town, claims: flat_header(town, claims, ["RS256"]),
    "M04 header is null": lambda town, claims: flat_header(town, claims, None),
    "M05 nested 60,000 deep": lambda town, claims: town.signs(b"[" * 30_000 + b"]" * 30_000),
    "M05 nested objects": lambda town, claims: town.signs(b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
    "M06 bad UTF-8": lambda town, claims: town.signs(b'{"iss":"\xff\xfe"}'),
    "M06 half a character": lambda town, claims: town.signs(segmentless(claims, sub='"\\ud800"')),
    "M07 a claim twice": lambda town, claims: town.signs(
        segmentless(claims)[:-1] + b', "sub": "root"}'
    ),
    "M08 a NUL in the subject": signed(sub="8\0"),
    "M09 300 KB": signed(name="n" * 300_000),
    "M10 an unknown message": signed(message_type="LtiEverythingRequest"),
    "M10 a message of another case": signed(message_type="ltiresourcelinkrequest"),
    "M11 version 2": signed(version="2.0.0"),
    "M11 version 1.3": signed(version="1.3"),
    "M12 a link without id": signed(resource_link={"title": "x"}),
    "M12 a link with an empty id": signed(resource_link={"id": ""}),
    "M12 an id of 5,000 letters": signed(resource_link={"id": "i" * 5_000}),
    "M13 a subject of 5,000 letters": signed(sub="s" * 5_000),
    "M14 no message type": signed(message_type=...),
    "M14 no version": signed(version=...),
    "M14 no roles": signed(roles=...),
    "M14 no link": signed(resource_link=...),
}


def flat_header(town: Town, claims: Claims, head: Any) -> str:
    """A token whose header is no object."""
    return f"{segment(head)}.{town.signs(claims).partition('.')[2]}"


NULL_IS_ABSENT = {
    f"M15 {claim} is null": signed(**{claim: None})
    for claim in LTI_CLAIMS[:7]
    if claim not in {"sub", "resource_link"}
}
MISTYPED = {
    f"M16 {claim} is a {kind}": signed(**{claim: value})
    for claim in LTI_CLAIMS
    for kind, value in WRONG.items()
    if not (claim == "custom" and kind == "object") and not (claim in OBJECTS and kind == "object")
}
NONCES = {
    "N01 no nonce": signed(nonce=...),
    "N02 a foreign nonce": signed(nonce="foreign"),
    "N02 an empty nonce": signed(nonce=""),
    "N02 a nonce in capitals": lambda town, claims: town.signs(
        claims | {"nonce": claims["nonce"].swapcase()}
    ),
    "N02 a nonce and more": lambda town, claims: town.signs(
        claims | {"nonce": claims["nonce"] + "x"}
    ),
    "N03 nonce is a list": lambda town, claims: town.signs(claims | {"nonce": [claims["nonce"]]}),
}
ROWS = SIGNATURES | TIMES | AUDIENCES | MALFORMED | NULL_IS_ABSENT | MISTYPED | NONCES


@pytest.mark.parametrize("attack", ROWS.values(), ids=ROWS.keys())
async def test_a_token_that_is_not_right_opens_nothing(town: Town, attack: Attack) -> None:
    browser, asked = await town.begun()
    await town.grew()
    answer = await launches(
        town, browser, town.form(asked, attack(town, town.claims(asked, name="Ada Okafor")))
    )
    politely_refused(answer)
    assert "Ada" not in answer.text
    assert await town.grew() == 0


async def test_the_table_has_a_row_that_works(town: Town) -> None:
    """The control: unchanged, the same way leads in; so the rows are refused for a reason."""
    browser, asked = await town.begun()
    await town.grew()
    answer = await launches(town, browser, town.form(asked, signed()(town, town.claims(asked))))
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/l/")
    assert await town.grew() == 1


@pytest.mark.parametrize(
    "changed",
    [
        timed(iat=20, nbf=20),
        timed(iat=-80, exp=-20),
        signed(aud=["tool-1"]),
        signed(aud=["tool-1", "tool-7"], azp="tool-1"),
        signed(azp="tool-1"),
        signed(sub=...),
        signed(sub=None),
        signed(roles=[]),
        signed(name=None, given_name=None),
        signed(name="Žofie 陳 🫀", sub="uživatel-🫀"),
        signed(context=None, launch_presentation=None, custom=None, tool_platform=None),
        signed(custom={"activity": None, "x": [1], "y": {"z": 1}}),
    ],
    ids=[
        "T10 20 s ahead",
        "T10 20 s late",
        "C04 a list of one audience",
        "C05 two audiences and azp",
        "C06 azp beside one audience",
        "C07 no sub",
        "C07 sub is null",
        "C08 no roles",
        "C09 no names",
        "C10 Unicode",
        "C11 nothing optional",
        "C12 odd custom values",
    ],
)
async def test_what_a_platform_may_send_gets_in(town: Town, changed: Attack) -> None:
    browser, asked = await town.begun()
    answer = await launches(town, browser, town.form(asked, changed(town, town.claims(asked))))
    assert answer.status_code == 303, answer.text
    home = await browser.http.get(f"{TOOL}{answer.headers['Location']}")
    assert home.status_code == 200


async def test_addresses_in_headers_are_never_fetched(town: Town) -> None:
    asked_for: list[str] = []

    def notes(request: httpx2.Request) -> httpx2.Response:
        asked_for.append(str(request.url))
        return httpx2.Response(200, json={"keys": [public_jwk(rsa_key("stranger"), "stranger")]})

    town.world.joined.apps["evil.test"] = httpx2.MockTransport(notes)
    for attack in ("S11 the key at an address", "S12 a certificate at an address"):
        browser, asked = await town.begun()
        await launches(town, browser, town.form(asked, ROWS[attack](town, town.claims(asked))))
    assert asked_for == []
