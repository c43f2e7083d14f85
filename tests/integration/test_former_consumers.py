"""An institution that moves over from LTI 1.1 proves who it was, and need not be approved."""

import hmac
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from service import consumer_keys
from service.cli import main
from service.models import ConsumerKey, Deployment, Event, Registration
from service.settings import KeyRefused
from service.signing import Signer
from tests.support.campus import Campus, open_campus
from tests.support.world import Browser, World, signer_of

KEY, SECRET, PLACE = "hospital-1", "the secret of 1.1", "course-77"


@pytest.fixture
async def campus(world: World) -> Campus:
    """A platform with one approved deployment, and an operator who knows its old key."""
    campus = await open_campus(world)
    await consumer_keys.add(world.worker.database, signer_of(world), KEY, SECRET, world.clock())
    return campus


async def launches(
    campus: Campus, *, secret: str = SECRET, key: str = KEY, **signed: Any
) -> Browser:
    """A launch from a deployment that nobody has approved, with its claim; `signed` is what the
    signature says in the place of the truth."""
    browser = campus.world.browser()
    asked = await campus.begins(browser)
    exp = int(campus.now.timestamp()) + 59
    ours = campus.lms.registration
    true = {"key": key, "place": PLACE, "iss": ours.issuer, "client": ours.client_id}
    text = "&".join(map(str, (true | {"exp": exp, "nonce": asked["nonce"]} | signed).values()))
    digest = hmac.digest(secret.encode(), text.encode(), sha256)
    claim = {"oauth_consumer_key": key, "oauth_consumer_key_sign": b64encode(digest).decode()}
    form = campus.signs(asked, deployment_id=PLACE, exp=exp, lti1p1=claim)
    await campus.posts(browser, form)
    return browser


def status(browser: Browser) -> int:
    """How the launch was answered; 303 leads into the activity."""
    assert browser.page is not None
    return browser.page.status_code


async def approved(world: World) -> dict[str, bool]:
    """Every deployment, and whether it may launch."""
    rows = await world.stored(Deployment)
    return {row.deployment_id: row.approved for row in rows if row.deployment_id == PLACE}


async def test_who_proves_its_old_key_is_let_in_and_stays(world: World, campus: Campus) -> None:
    assert status(await launches(campus)) == 303
    assert await approved(world) == {PLACE: True}
    [key] = await world.stored(ConsumerKey)
    assert key.used_at == world.clock()
    assert "from_lti_1_1" in {event.code for event in await world.stored(Event)}
    answer = await campus.launches(world.browser(), deployment_id=PLACE)
    assert answer.status_code == 200, "it needs no proof any more"


async def test_who_waited_already_is_let_in_by_its_proof(world: World, campus: Campus) -> None:
    await campus.launches(world.browser(), deployment_id=PLACE)
    assert await approved(world) == {PLACE: False}
    assert status(await launches(campus)) == 303


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "another secret"},
        {"key": "hospital-2"},
        {"place": "1"},
        {"iss": "https://elsewhere.test"},
        {"client": "tool-2"},
        {"exp": 7},
        {"nonce": "of another launch"},
    ],
    ids=str,
)
async def test_who_proves_nothing_waits_as_ever(
    world: World, campus: Campus, wrong: dict[str, Any]
) -> None:
    browser = await launches(campus, **wrong)
    assert status(browser) == 400
    assert "waits for its operator" in browser.text
    assert await approved(world) == {PLACE: False}


@pytest.mark.parametrize("claim", [7, "x", [], {}, {"oauth_consumer_key": [KEY]}])
async def test_a_claim_that_is_none_hinders_nobody(campus: Campus, claim: Any) -> None:
    answer = await campus.launches(campus.world.browser(), lti1p1=claim)
    assert answer.status_code == 200


async def test_a_registration_that_waits_itself_is_not_let_in(world: World, campus: Campus) -> None:
    async with world.worker.database.begin() as work:
        for row in await world.stored(Registration):
            (await work.session.get_one(Registration, row.id)).approved = False
    assert status(await launches(campus)) == 400
    assert await approved(world) == {}


async def test_the_secret_is_unreadable_at_rest_and_useless_under_another(
    world: World, campus: Campus
) -> None:
    [row] = await world.stored(ConsumerKey)
    assert SECRET not in row.encrypted_secret
    other = Signer("another secret of the tests").encrypt(SECRET)
    async with world.worker.database.begin() as work:
        (await work.session.get_one(ConsumerKey, KEY)).encrypted_secret = other
    assert status(await launches(campus)) == 400


async def test_a_key_that_was_removed_lets_nobody_in(world: World, campus: Campus) -> None:
    await consumer_keys.remove(world.worker.database, KEY)
    assert status(await launches(campus)) == 400
    with pytest.raises(KeyRefused, match="consumer-keys list"):
        await consumer_keys.remove(world.worker.database, KEY)


@pytest.mark.parametrize(("key", "secret"), [("", "x"), ("k" * 256, "x"), ("k", ""), ("a\nb", "x")])
async def test_what_cannot_be_a_key_is_refused(world: World, key: str, secret: str) -> None:
    with pytest.raises(KeyRefused):
        await consumer_keys.add(world.worker.database, signer_of(world), key, secret, world.clock())


def test_an_operator_adds_lists_and_removes_keys(database_url: str, tmp_path: Path) -> None:
    environment = {
        "DATABASE_URL": database_url,
        "EYEBALL_HOME": str(tmp_path),
        "EYEBALL_SECRET": "x" * 40,
        "EYEBALL_PUBLIC_URL": "https://tool.test",
    }

    def runs(*words: str, typed: str = "") -> str:
        answer = CliRunner().invoke(main, ["consumer-keys", *words], input=typed, env=environment)
        assert answer.exit_code == 0, answer.output
        return answer.output

    assert "needs no approval" in runs("add", KEY, typed=f"{SECRET}\n")
    listed = runs("list")
    assert KEY in listed
    assert "not proven yet" in listed
    assert SECRET not in listed
    assert "nobody in any more" in runs("remove", KEY)
    assert KEY not in runs("list")
