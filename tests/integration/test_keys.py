"""Our own keys rotate without a moment in which a platform cannot verify us."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from service.cli import main
from service.clock import utc_now
from service.keys import describe, published_keys, retire, rotate, signing_key
from service.models import ToolKey
from service.settings import KeyRefused
from service.signing import Signer
from service.store.database import Database
from tests.support.world import TOOL, World, signer_of


async def published(world: World) -> set[str]:
    """The keys that a platform fetches now."""
    answer = await world.browser().http.get(f"{TOOL}/lti/jwks")
    assert answer.headers["Cache-Control"] == "max-age=300, public"
    return {key["kid"] for key in answer.json()["keys"]}


async def signs(world: World) -> str:
    """The name of the key that signs now."""
    return (await signing_key(world.worker.database, signer_of(world), world.clock())).kid


async def test_a_new_key_is_published_before_it_signs_and_the_old_one_after(world: World) -> None:
    database, signer, clock = world.worker.database, signer_of(world), world.clock
    old = await signs(world)
    clock.passes(seconds=1)
    new = await rotate(database, signer, clock())
    assert await published(world) == {old, new}
    assert await signs(world) == old, "platforms have not had the time to fetch the new one"
    with pytest.raises(KeyRefused, match="rotate"):
        await retire(database, old, clock())
    clock.passes(minutes=10)
    assert await signs(world) == new
    await retire(database, old, clock())
    assert await published(world) == {old, new}, "what it has signed can still be verified"
    lines = " ".join(await describe(database, clock()))
    assert f"{new}  made" in lines
    assert "retired, published until" in lines
    clock.passes(days=7)
    assert await published(world) == {new}
    assert await signs(world) == new


async def test_a_worker_that_signs_before_any_web_process_ran_makes_the_first_key(
    database_url: str,
) -> None:
    database, signer = Database(database_url), Signer("a secret of this test")
    try:
        first = await signing_key(database, signer, utc_now())
        again = await signing_key(database, signer, utc_now())
        assert first.kid == again.kid
        assert [key.kid for key in await published_keys(database, signer, utc_now())] == [first.kid]
    finally:
        await database.engine.dispose()


async def test_the_last_key_is_never_retired_and_a_strange_one_is_not_found(world: World) -> None:
    for kid in (await signs(world), "nonsense"):
        with pytest.raises(KeyRefused):
            await retire(world.worker.database, kid, world.clock())
    assert len(await published(world)) == 1


async def test_keys_are_stored_encrypted_and_open_under_their_own_secret_alone(
    world: World,
) -> None:
    (row,) = await world.stored(ToolKey)
    assert "PRIVATE" not in row.encrypted_pem
    for ask in (published_keys, signing_key):
        with pytest.raises(KeyRefused, match="EYEBALL_SECRET"):
            await ask(world.worker.database, Signer("another"), world.clock())


def test_an_operator_rotates_by_the_command_line(database_url: str, tmp_path: Path) -> None:
    environment = {"EYEBALL_HOME": str(tmp_path), "DATABASE_URL": database_url}

    def says(*words: str) -> str:
        return CliRunner().invoke(main, ["keys", *words], env=environment).output

    first = says("rotate").split()[0]
    second = says("rotate").split()[0]
    assert "rotate" in says("retire", first)
    listed = says("list")
    assert first in listed
    assert second in listed
    assert "Traceback" not in listed
