"""Hostile rows N01-N07, as far as they need no store: one token answers one login."""

import pytest

from tests.unit.lti.lms import Lms, refused, state


@pytest.mark.parametrize("nonce", ["another", "the-nonce ", "THE-NONCE", "the-nonc", "nönce"])
async def test_n01_a_foreign_nonce_is_refused(lms: Lms, nonce: str) -> None:
    with refused("wrong_nonce"):
        await lms.launches(nonce=nonce)


@pytest.mark.parametrize("nonce", [..., None, "", 7, True, ["the-nonce"], {"nonce": "the-nonce"}])
async def test_n03_a_nonce_of_another_type_is_refused(lms: Lms, nonce: object) -> None:
    with refused("malformed_token"):
        await lms.launches(nonce=nonce)


async def test_n05_a_token_does_not_answer_a_second_login(lms: Lms) -> None:
    token = lms.signs(lms.claims())
    await lms.sends(token)
    with refused("wrong_nonce"):
        await lms.sends(token, state=state(state="second", nonce="second-nonce"))


async def test_n07_nonces_of_two_logins_cannot_be_crossed(lms: Lms) -> None:
    first, second = state(state="a", nonce="nonce-a"), state(state="b", nonce="nonce-b")
    for_first = lms.signs(lms.claims(nonce=first.nonce))
    with refused("wrong_nonce"):
        await lms.sends(for_first, state=second)
    assert (await lms.sends(for_first, state=first)).subject == "8"
