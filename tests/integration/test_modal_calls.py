"""A reading on Modal: its call is kept, asked for again, paid for once, and capped."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from inference.modal_reader import ModalAccess, ModalUnavailable, Then
from inference.reading import Reading as SoftwareReading
from inference.triaged import NO_TICKET, Ticket
from service.cloud_settings import Cloud
from service.models import Clip, Paid, Reading, Spend, SpendState
from service.spending import MODAL_CALL, Caps, NotStarted, reserve
from tests.support.fakes import FakeReader
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


class Killed(FakeReader):
    """Starts a call, and goes on no further: its worker dies before it is told the id."""

    async def read(
        self,
        masked: Path,
        frame_times: Sequence[float],
        *,
        phantom: bool = False,
        frame_rate_told: bool = False,
        ticket: Ticket = NO_TICKET,
    ) -> SoftwareReading:
        """Never comes back."""
        self.reads += 1
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_worker_killed_between_a_call_and_its_id_is_counted_with_both(
    database_url: str, tmp_path: Path
) -> None:
    async with running_world(database_url, tmp_path, cloud=MODAL) as world:
        world.reader.fails = ModalUnavailable("Modal is not reached", Then.START)
        await a_ready_clip(world)
        [clip] = await world.stored(Clip)
        killed = Killed()
        dying = asyncio.create_task(replace(world.worker.ingest, reader=killed).read(clip.id))
        while not killed.reads:
            await asyncio.sleep(0.01)
        dying.cancel()
        await asyncio.wait([dying])
        world.reader.fails, world.reader.calls = None, "fc-2"
        await later(world, minutes=1)
        assert len(await world.stored(Reading)) == 1
        costs = {spend.state: spend.dollars for spend in await world.stored(Spend)}
        assert costs == {
            SpendState.SPARED: 0.0,
            SpendState.OPEN: MODAL_CALL,
            SpendState.ANSWERED: MODAL_CALL,
        }


async def test_two_workers_on_one_clip_keep_one_reading(database_url: str, tmp_path: Path) -> None:
    async with running_world(database_url, tmp_path, cloud=MODAL) as world:
        world.reader.fails = ModalUnavailable("Modal is not reached", Then.START)
        await a_ready_clip(world)
        [clip] = await world.stored(Clip)
        world.reader.fails, world.reader.calls = None, "fc-1"
        other = replace(world.worker.ingest, reader=FakeReader(lvef=20.0, calls="fc-2"))
        await asyncio.gather(world.worker.ingest.read(clip.id), other.read(clip.id))
        assert len(await world.stored(Reading)) == 1
        [clip] = await world.stored(Clip)
        assert clip.call is None


async def test_workers_at_once_spend_the_last_of_a_day_once(
    database_url: str, tmp_path: Path
) -> None:
    async with running_world(database_url, tmp_path) as world:
        await a_ready_clip(world)
        [clip] = await world.stored(Clip)
        caps = Caps(Cloud(modal=MODAL.modal, modal_dollars=2 * MODAL_CALL))

        async def starts(now: datetime) -> bool:
            try:
                async with world.worker.database.begin() as work:
                    await reserve(work, Paid.MODAL, clip.id, caps, now)
            except NotStarted:
                return False
            return True

        day = datetime(2026, 11, 30, tzinfo=UTC)
        late, next_day = day - timedelta(microseconds=1), day
        begun = await asyncio.gather(*(starts(late) for _ in range(6)))
        assert sum(begun) == 2, "the cap itself may be spent, and not a cent more"
        assert not await starts(late)
        assert await starts(next_day), "the budget is new at midnight, UTC"
