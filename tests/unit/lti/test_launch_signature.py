"""Hostile rows S01-S21: who signed, and how."""

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lti.errors import LaunchRefused
from tests.unit.lti.lms import Lms, hs256, public_jwk, refused, rsa_key, segment

STRANGER = "stranger"


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", None, 7, ["RS256"]])
async def test_s01_an_unsigned_token_is_refused(lms: Lms, alg: object) -> None:
    token = f"{segment({'alg': alg, 'kid': lms.kid})}.{segment(lms.claims())}."
    with refused("malformed_token"):
        await lms.sends(token)


async def test_s02_a_public_key_is_no_shared_secret(lms: Lms) -> None:
    public = lms.key.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    jwk = json.dumps(public_jwk(lms.key, lms.kid)).encode()
    for secret in (pem, jwk, b""):
        with refused("malformed_token"):
            await lms.sends(hs256(lms.claims(), secret, lms.kid))


@pytest.mark.parametrize("alg", ["RS512", "RS384", "PS256"])
async def test_s05_other_algorithms_are_refused_with_the_right_key_too(lms: Lms, alg: str) -> None:
    token = jwt.encode(lms.claims(), lms.key, algorithm=alg, headers={"kid": lms.kid})
    with refused("malformed_token"):
        await lms.sends(token)


async def test_s05_a_header_that_lies_about_the_algorithm_is_refused(lms: Lms) -> None:
    token = jwt.encode(lms.claims(), lms.key, algorithm="PS256", headers={"kid": lms.kid})
    signature = token.rpartition(".")[2]
    honest = lms.signs(lms.claims()).rpartition(".")[0]
    with refused("wrong_signature"):
        await lms.sends(f"{honest}.{signature}")


async def test_s07_a_strangers_key_is_refused(lms: Lms) -> None:
    with refused("wrong_signature"):
        await lms.sends(lms.signs(lms.claims(), key=rsa_key(STRANGER)))


async def test_s08_an_unknown_kid_is_refused(lms: Lms) -> None:
    with refused("unknown_key"):
        await lms.sends(lms.signs(lms.claims(), kid="nobody"))


@pytest.mark.parametrize("kid", [..., None, "", 7, ["kid-1"], {"kid": "kid-1"}, "k" * 300])
async def test_s09_an_absent_or_odd_kid_is_refused(lms: Lms, kid: object) -> None:
    with refused("malformed_token"):
        await lms.sends(lms.signs(lms.claims(), kid=kid))
    assert lms.asked == []


@pytest.mark.parametrize("kid", ["../../etc/passwd", "' OR 1=1 --", "kid-1\x00", "кид"])
async def test_s10_a_kid_is_only_ever_a_name(lms: Lms, kid: str) -> None:
    with refused("unknown_key", "malformed_token"):
        await lms.sends(lms.signs(lms.claims(), kid=kid))


@pytest.mark.parametrize("kid", ["kid-1", "kid-of-the-stranger"])
async def test_s11_a_key_that_a_token_brings_along_is_never_used_or_fetched(
    lms: Lms, kid: str
) -> None:
    stranger = rsa_key(STRANGER)
    brought: dict[str, Any] = {
        "jwk": public_jwk(stranger, kid),
        "jku": "https://evil.test/jwks",
        "x5u": "https://evil.test/cert",
        "x5c": ["MIIB"],
    }
    with pytest.raises(LaunchRefused):
        await lms.sends(lms.signs(lms.claims(), key=stranger, kid=kid, **brought))
    assert {request.url.host for request in lms.asked} == {"lms.test"}


async def test_s14_a_changed_payload_is_refused(lms: Lms) -> None:
    header, _, signature = lms.signs(lms.claims()).split(".")
    with refused("wrong_signature"):
        await lms.sends(f"{header}.{segment(lms.claims(sub='9'))}.{signature}")


async def test_s15_a_symmetric_key_in_the_key_set_verifies_nothing(lms: Lms) -> None:
    lms.published = [{"kty": "oct", "kid": lms.kid, "k": segment(b"secret"), "alg": "HS256"}]
    with refused("malformed_token"):
        await lms.sends(hs256(lms.claims(), b"secret", lms.kid))
    with refused("unknown_key"):
        await lms.launches()


async def test_s16_a_cut_or_flipped_signature_is_refused(lms: Lms) -> None:
    token = lms.signs(lms.claims())
    head, _, signature = token.rpartition(".")
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    for broken in ("", signature[:-10], flipped, signature + "AAAA", "!!!!"):
        with refused("wrong_signature", "malformed_token"):
            await lms.sends(f"{head}.{broken}")


@pytest.mark.parametrize("crit", [["exp"], ["b64"], [], "exp", {}])
async def test_s16_an_extension_that_must_be_understood_is_refused(lms: Lms, crit: object) -> None:
    with refused("malformed_token"):
        await lms.sends(lms.signs(lms.claims(), crit=crit))


async def test_s16_a_detached_payload_is_refused(lms: Lms) -> None:
    with refused("wrong_signature"):
        await lms.sends(lms.signs(lms.claims(), b64=False))


async def test_s18_another_tenants_key_is_refused_here(lms: Lms) -> None:
    other = Lms("other.test", key="other tenant")
    with refused("wrong_signature"):
        await lms.sends(lms.signs(lms.claims(), key=other.key))


async def test_s19_another_tenants_kid_is_refused_here(lms: Lms) -> None:
    other = Lms("other.test", key="other tenant")
    other.kid = "kid-of-other"
    other.published = [public_jwk(other.key, other.kid)]
    await other.launches()
    with refused("unknown_key"):
        await lms.sends(lms.signs(lms.claims(), key=other.key, kid=other.kid))


async def test_s20_a_short_key_is_refused(lms: Lms) -> None:
    lms.key = rsa_key("short", 1024)
    lms.published = [public_jwk(lms.key, lms.kid)]
    with refused("unknown_key"):
        await lms.launches()


@pytest.mark.parametrize("change", [{"use": "enc"}, {"alg": "RS512"}, {"alg": "RSA-OAEP"}])
async def test_s21_a_key_for_another_use_is_refused(lms: Lms, change: dict[str, str]) -> None:
    lms.published = [public_jwk(lms.key, lms.kid, **change)]
    with refused("unknown_key"):
        await lms.launches()
