"""Keys for one purpose each, and secrets of which only the fingerprint is kept."""

from uuid import UUID

import pytest
from cryptography.fernet import InvalidToken

from service.signing import Signer, fingerprint, matches, new_secret

LAUNCH = UUID(int=7)


def test_a_signature_holds_for_its_purpose_parts_and_secret_alone() -> None:
    signer = Signer("one")
    signature = signer.sign("get", "key", 100)
    assert signer.sign("get", "key", 100) == signature
    assert signer.sign("put", "key", 100) != signature
    assert signer.sign("get", "key", 101) != signature
    assert Signer("two").sign("get", "key", 100) != signature


def test_parts_do_not_run_into_each_other() -> None:
    signer = Signer("one")
    assert signer.sign("get", "a", "b") != signer.sign("get", "ab", "")


def test_each_launch_has_a_form_token_of_its_own() -> None:
    signer = Signer("one")
    assert signer.csrf(LAUNCH) != signer.csrf(UUID(int=8))


def test_what_is_encrypted_opens_under_the_same_secret_only() -> None:
    sealed = Signer("one").encrypt("private key")
    assert "private key" not in sealed
    assert Signer("one").decrypt(sealed) == "private key"
    with pytest.raises(InvalidToken):
        Signer("two").decrypt(sealed)


def test_a_secret_is_known_again_by_its_fingerprint() -> None:
    secret = new_secret()
    assert len(secret) >= 43
    assert matches(secret, fingerprint(secret))
    assert not matches(new_secret(), fingerprint(secret))
    assert not matches("", fingerprint(secret))
