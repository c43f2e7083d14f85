"""A reading on Modal: its call is kept, asked for again, paid for once, and capped."""

from datetime import timedelta
from pathlib import Path

from inference.modal_reader import ModalAccess, ModalUnavailable, Then
from service.cloud_settings import Cloud
from service.models import (
    Clip,
    Spend,
    SpendState,
)
from tests.support.walks import a_ready_clip, later, locks, reloads, sends_a_clip
from tests.support.world import running_world

MODAL = Cloud(modal=ModalAccess(token_id="ak-1", token_secret="as-1"))


async def test_a_reading_on_modal_is_found_again_by_its_call(
    database_url: str, tmp_path: Path
) -> None:
    async with running_world(database_url, tmp_path, cloud=MODAL) as world:
        world.reader.calls = "fc-1"
        world.reader.fails = ModalUnavailable("Modal has not answered yet", Then.WAIT)
        await a_ready_clip(world)
        [clip] = await world.stored(Clip)
        assert clip.call == "fc-1"
        world.reader.fails = None
        await later(world)
        assert world.reader.tickets[-1].call == "fc-1", "asked for, not started again"
        [clip] = await world.stored(Clip)
        assert clip.call is None
        [spend] = await world.stored(Spend)
        assert spend.state is SpendState.ANSWERED


async def test_a_call_that_was_lost_is_started_again(database_url: str, tmp_path: Path) -> None:
    async with running_world(database_url, tmp_path, cloud=MODAL) as world:
        world.reader.calls = "fc-1"
        world.reader.fails = ModalUnavailable("the call lost its container", Then.START)
        await a_ready_clip(world)
        world.reader.fails = None
        await later(world)
        assert world.reader.tickets[-1].call is None
        states = sorted(spend.state for spend in await world.stored(Spend))
        assert states == [SpendState.ANSWERED, SpendState.FAILED]


async def test_a_modal_that_nobody_reached_costs_nothing(database_url: str, tmp_path: Path) -> None:
    async with running_world(database_url, tmp_path, cloud=MODAL) as world:
        world.reader.fails = ModalUnavailable("Modal does not know this token", Then.OPERATOR)
        ada = await a_ready_clip(world)
        await locks(ada, "42", attest="true")
        page = await reloads(ada)
        assert "it will count as on time" in page
        assert "Modal" not in page
        [spend] = await world.stored(Spend)
        assert (spend.state, spend.dollars) == (SpendState.SPARED, 0.0)


async def test_modal_starts_nothing_beyond_its_cap(database_url: str, tmp_path: Path) -> None:
    cloud = Cloud(modal=MODAL.modal, modal_dollars=0.01)
    async with running_world(database_url, tmp_path, cloud=cloud) as world:
        world.reader.calls = "fc-1"
        await a_ready_clip(world)
        await sends_a_clip(world, "learner-2")
        assert world.reader.reads == 1
        world.clock.passes(hours=timedelta(days=1).total_seconds() / 3600 - 12.5)
        await later(world, hours=1)
        assert world.reader.reads == 2, "a new day"
