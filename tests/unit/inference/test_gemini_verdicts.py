"""Gemini's word on a clip: asked by a child, kept, and heard before anything is read."""

import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest

from inference.checking import CheckedReader, look
from inference.looking import look as look_here
from inference.reading import ClipRefused as Refused
from inference.reading import Outcome, RefusalCode
from inference.triaged import (
    ClipNotAccepted,
    Ticket,
    Triaged,
    TriageUnavailable,
    triage_key,
)
from tests.unit.inference import clips
from tests.unit.inference.gemini_server import (
    Gemini,
    answers,
    says,
    settings,
)

pytestmark = pytest.mark.usefixtures("quick")
TIMES = [frame / 30 for frame in range(48)]


async def test_a_kept_verdict_sends_nothing_and_a_veto_asks_nobody(server: Gemini) -> None:
    server.replies[:] = [answers()]
    clip = clips.timed(clips.heart(), TIMES)
    kept = dataclasses.replace(await look_here(io.BytesIO(clip), settings(server)), usage=None)
    server.sent.clear()
    clip = clips.timed(clips.heart(), TIMES)
    assert await look_here(io.BytesIO(clip), settings(server), kept) == kept
    still = clips.timed(np.repeat(clips.heart(1), 48, axis=0), TIMES)
    with pytest.raises(Refused) as refused:
        await look_here(io.BytesIO(still), settings(server), kept)
    assert refused.value.code is RefusalCode.STILL_IMAGE
    assert server.sent == []


def test_a_verdict_is_kept_by_content_prompt_schema_and_model() -> None:
    key = triage_key("a" * 64, "gemini-3.5-flash-lite")
    assert key == triage_key("a" * 64, "gemini-3.5-flash-lite")
    assert key != triage_key("b" * 64, "gemini-3.5-flash-lite")
    assert key != triage_key("a" * 64, "gemini-3.8-flash")


@pytest.mark.breadth
async def test_a_clip_is_looked_at_by_a_child_and_its_verdict_is_in_the_reading(
    server: Gemini, tmp_path: Path
) -> None:
    masked = clips.stored(tmp_path, clips.timed(clips.heart(), TIMES))
    told: list[Triaged] = []

    async def keep(triaged: Triaged) -> None:
        told.append(triaged)

    reader = CheckedReader(settings(server))
    server.replies[:] = [answers()]
    reading = await reader.read(masked, TIMES, ticket=Ticket(on_triaged=keep))
    assert reading.verdict.outcome is Outcome.ACCEPTED
    assert reading.versions.triage.startswith("gemini-3.5-flash-lite")
    assert "view_not_confirmed" not in reading.warnings
    assert [each.verdict for each in told] == [reading.verdict]
    assert len(server.sent) == 1
    again = await reader.read(masked, TIMES, ticket=Ticket(triaged=told[0], on_triaged=keep))
    assert (again.lvef, again.verdict) == (reading.lvef, reading.verdict)
    assert (len(server.sent), len(told)) == (1, 1)


async def test_a_wrong_view_is_kept_and_never_read(server: Gemini, tmp_path: Path) -> None:
    masked = clips.stored(tmp_path, clips.timed(clips.heart(), TIMES))
    server.replies[:] = [answers(view="PLAX")]
    with pytest.raises(ClipNotAccepted) as rejected:
        await CheckedReader(settings(server)).read(masked, TIMES)
    assert rejected.value.triaged.verdict.view == "PLAX"
    assert rejected.value.triaged.usage is not None


@pytest.mark.breadth
async def test_what_a_useless_answer_cost_is_told(server: Gemini, tmp_path: Path) -> None:
    masked = clips.stored(tmp_path, clips.timed(clips.heart(), TIMES))
    server.replies[:] = [says("{")]
    with pytest.raises(TriageUnavailable) as told:
        await look(masked, settings(server))
    assert told.value.again
    assert told.value.usage is not None
    assert told.value.usage.prompt_tokens == 2310
