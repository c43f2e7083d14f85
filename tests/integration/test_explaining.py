"""After the answer: the heart at its largest and smallest, drawn once and sealed until then."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import select

from inference.reading import (
    DRAWN_BORDER,
    PHANTOM_OUTLINES,
    ClipRefused,
    ReaderUnavailable,
    RefusalCode,
)
from service import attempts
from service.models import Attempt, Clip, Launch, Still
from service.models import Tracing as TracingRow
from service.pages.site import Here, Site
from service.pages.still_address import still_of
from tests.support.fakes import FakeOutliner, a_tracing
from tests.support.walks import a_ready_clip, attempt_of, csrf_of, locks, opens_case, reloads
from tests.support.world import TOOL, Browser, World, running_world


async def an_answered_case(world: World) -> Browser:
    """A learner who has locked in an estimate of a drawn heart."""
    await world.adds_case(51.0, tracing=a_tracing())
    ada = await world.learner("practice")
    await opens_case(ada)
    await locks(ada, "42")
    await world.works()
    return ada


async def an_answered_own_clip(world: World) -> Browser:
    """A learner who has an answer for a clip of their own."""
    ada = await a_ready_clip(world)
    await locks(ada, "42", attest="true")
    await world.works()
    await reloads(ada)
    return ada


async def revealed(world: World, browser: Browser) -> attempts.Revealed | None:
    """What the learner may see of this attempt."""
    async with world.worker.database.begin() as work:
        row = await work.session.get_one(Attempt, UUID(attempt_of(browser)[-36:]))
        launch = await work.session.scalar(
            select(Launch).where(Launch.learner_id == row.learner_id)
        )
        assert launch is not None
        return await attempts.reveal(work, row.id, by=launch, now=world.clock())


async def address(world: World, clip_id: UUID, frame: int) -> str:
    """The address that the reveal page gives of a still."""
    site = world.tool.state["site"]
    assert isinstance(site, Site)
    [launch, *_] = await world.stored(Launch)
    here = Here(launch=launch, activity=None, learner=None, handle=None, csrf="", now=world.clock())  # pyright: ignore[reportArgumentType]
    return still_of(site, here, clip_id, frame)


async def marks(browser: Browser, diastole: str, systole: str) -> httpx2.Response:
    """Send the two frames."""
    fields = {"csrf": csrf_of(browser), "end_diastole": diastole, "end_systole": systole}
    return await browser.http.post(f"{TOOL}{attempt_of(browser)}/marks", data=fields)


async def test_a_drawn_heart_reveals_its_exact_border_and_two_stills(world: World) -> None:
    ada = await an_answered_case(world)
    shown = await revealed(world, ada)
    assert shown is not None
    assert shown.tracing == a_tracing()
    assert shown.tracing.source == DRAWN_BORDER
    assert shown.stills == {7, 19}
    assert not shown.may_mark
    picture = await ada.http.get(await address(world, shown.clip_id, 7))
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.content == b"still 7"


async def test_nothing_is_revealed_before_the_lock(world: World) -> None:
    case = await world.adds_case(51.0, tracing=a_tracing())
    await world.worker.ingest.read(case.clip_id)
    await world.works()
    ada = await world.learner("practice")
    await opens_case(ada)
    assert len(await world.stored(Still)) == 2
    assert await revealed(world, ada) is None
    for told in ("/stills/", "outline", "polygon", "data-jump", "data-cycle"):
        assert told not in ada.text.lower()
    await locks(ada, "42")
    await reloads(ada)
    assert ada.text.count("<polygon") == 4, "on two stills, and on two frames of the clip"
    assert re.findall(r"data-frame=\"(\d+)\"", ada.text) == ["7", "19"]


async def test_stills_are_drawn_once(world: World) -> None:
    await an_answered_case(world)
    [clip] = await world.stored(Clip)
    await world.worker.ingest.draw(clip.id)
    await world.worker.sweep()
    await world.works()
    assert world.preparer.drawn == [(7, 19)]


async def test_an_address_of_a_still_holds_for_its_frame_and_a_quarter_of_an_hour(
    world: World,
) -> None:
    ada = await an_answered_case(world)
    [clip] = await world.stored(Clip)
    given = await address(world, clip.id, 7)
    assert (await ada.http.get(given.replace("/7?", "/19?"))).status_code == 403
    assert (await ada.http.get(given.replace("sig=", "sig=0"))).status_code == 403
    assert (await ada.http.get(await address(world, clip.id, 8))).status_code == 404
    world.clock.passes(minutes=16)
    assert (await ada.http.get(given)).status_code == 403


async def test_a_real_heart_gets_no_invented_outline_but_may_be_marked(world: World) -> None:
    ada = await an_answered_own_clip(world)
    shown = await revealed(world, ada)
    assert shown is not None
    assert shown.tracing is None
    assert shown.may_mark
    assert (await marks(ada, "4", " 16 ")).status_code == 303
    await world.works()
    shown = await revealed(world, ada)
    assert shown is not None
    assert shown.marks is not None
    assert (shown.marks.end_diastole, shown.marks.end_systole) == (4, 16)
    assert shown.stills == {4, 16}


async def test_marking_again_replaces_the_marks_and_their_stills(world: World) -> None:
    ada = await an_answered_own_clip(world)
    await marks(ada, "4", "16")
    await world.works()
    await marks(ada, "5", "16")
    await world.works()
    assert sorted(still.frame for still in await world.stored(Still)) == [5, 16]
    assert world.preparer.drawn == [(4, 16), (5,)]


@pytest.mark.parametrize(
    ("diastole", "systole"),
    [("4", "4"), ("4", "60"), ("-1", "4"), ("", "4"), ("4", "1e1"), ("4", "9" * 400), ("٣", "4")],
)
async def test_frames_that_are_none_are_refused(world: World, diastole: str, systole: str) -> None:
    ada = await an_answered_own_clip(world)
    assert (await marks(ada, diastole, systole)).status_code == 409


async def test_what_is_missing_is_said_as_the_player_counts(world: World) -> None:
    ada = await an_answered_own_clip(world)
    assert "Mark two frames first" in (await marks(ada, "", "")).text
    assert "Mark two of the frames 1 to 60." in (await marks(ada, "4", "60")).text


async def test_marks_wait_for_the_answer_and_a_known_heart_takes_none(world: World) -> None:
    ada = await a_ready_clip(world)
    assert (await marks(ada, "4", "16")).status_code == 409
    bea = await an_answered_case(world)
    assert (await marks(bea, "4", "16")).status_code == 409


async def test_a_deleted_clip_leaves_no_still(world: World) -> None:
    ada = await an_answered_own_clip(world)
    await marks(ada, "4", "16")
    await world.works()
    fields = {"csrf": csrf_of(ada)}
    await ada.http.post(f"{TOOL}{attempt_of(ada)}/delete-clip", data=fields)
    await world.works()
    assert not await world.stored(Still)
    assert (await marks(ada, "4", "16")).status_code == 409


async def test_stills_wait_for_an_analyser_that_is_away(world: World) -> None:
    ada = await an_answered_own_clip(world)
    world.preparer.fails = ReaderUnavailable("away")
    await marks(ada, "4", "16")
    await world.works()
    world.preparer.fails = None
    world.clock.passes(minutes=30)
    await world.worker.sweep()
    await world.works()
    assert len(await world.stored(Still)) == 2


async def test_a_clip_that_gives_no_stills_is_not_asked_for_ever(world: World) -> None:
    ada = await an_answered_own_clip(world)
    world.preparer.fails = ClipRefused(RefusalCode.UNREADABLE)
    await marks(ada, "4", "16")
    await world.works()
    await world.worker.sweep()
    await world.works()
    assert len(world.preparer.drawn) == 1


BY_A_MODEL = replace(a_tracing(), source="EchoNet-Dynamic DeepLabV3-ResNet50")


@pytest.fixture
async def outlining(database_url: str, tmp_path: Path) -> AsyncIterator[tuple[World, FakeOutliner]]:
    """A deployment whose operator has installed a model that outlines."""
    outliner = FakeOutliner(BY_A_MODEL)
    async with running_world(database_url, tmp_path, outliner=outliner) as world:
        yield world, outliner


async def test_a_real_heart_is_outlined_by_an_installed_model_as_a_second_job(
    outlining: tuple[World, FakeOutliner],
) -> None:
    world, outliner = outlining
    ada = await a_ready_clip(world)
    assert outliner.asked == 1
    assert await revealed(world, ada) is None, "an outline is sealed as a reading is"
    assert "outline" not in (await reloads(ada)).lower()
    await locks(ada, "42", attest="true")
    page = await reloads(ada)
    assert "The outline was drawn by EchoNet-Dynamic DeepLabV3-ResNet50." in page
    assert 'href="/models/outlines?lang=en"' in page
    assert "That is a share of area, not an ejection fraction." in page
    shown = await revealed(world, ada)
    assert shown is not None
    assert shown.tracing == BY_A_MODEL
    assert shown.stills == {7, 19}
    assert not shown.may_mark
    await world.worker.sweep()
    await world.works()
    assert outliner.asked == 1


async def test_a_practice_case_keeps_the_border_that_it_was_drawn_with(
    outlining: tuple[World, FakeOutliner],
) -> None:
    world, outliner = outlining
    ada = await an_answered_case(world)
    shown = await revealed(world, ada)
    assert shown is not None
    assert shown.tracing == a_tracing()
    assert outliner.asked == 0


BY_THE_PHANTOMS_OWN = replace(a_tracing(), source=PHANTOM_OUTLINES)


async def test_a_drawn_heart_that_comes_without_its_border_is_outlined_by_the_phantoms_model(
    database_url: str, tmp_path: Path
) -> None:
    real, drawn = FakeOutliner(BY_A_MODEL), FakeOutliner(BY_THE_PHANTOMS_OWN)
    async with running_world(
        database_url, tmp_path, outliner=real, phantom_outliner=drawn
    ) as world:
        case = await world.adds_case(51.0)
        await world.worker.ingest.read(case.clip_id)
        await world.works()
        ada = await world.learner("practice")
        await opens_case(ada)
        assert "polygon" not in ada.text, "it is as sealed as any other"
        await locks(ada, "42")
        page = await reloads(ada)
        assert (real.asked, drawn.asked) == (0, 1)
        assert (
            "The outline was drawn by Phantom outline model (phantom model: not for real hearts)."
            in page
        )
        assert 'href="/models/phantom-outlines?lang=en"' in page


async def test_no_own_clip_is_ever_given_to_the_phantoms_model_however_it_looks(
    database_url: str, tmp_path: Path
) -> None:
    """The clip is the very file of a drawn case, which looks like one in every pixel."""
    drawn = FakeOutliner(BY_THE_PHANTOMS_OWN)
    async with running_world(database_url, tmp_path, phantom_outliner=drawn) as world:
        ada = await an_answered_own_clip(world)
        [clip] = await world.stored(Clip)
        case = await world.adds_case(51.0, tracing=a_tracing())
        [phantom] = [each for each in await world.stored(Clip) if each.id == case.clip_id]
        assert clip.masked_sha256 == phantom.masked_sha256
        await world.worker.sweep()
        await world.works()
        await world.worker.ingest.outline(clip.id)
        assert drawn.asked == 0
        assert not [row for row in await world.stored(TracingRow) if row.clip_id == clip.id]
        shown = await revealed(world, ada)
        assert shown is not None
        assert shown.tracing is None
        assert shown.may_mark


async def test_where_no_beat_is_found_nothing_is_invented(
    outlining: tuple[World, FakeOutliner],
) -> None:
    world, outliner = outlining
    outliner.sees = None
    ada = await an_answered_own_clip(world)
    await world.worker.sweep()
    await world.works()
    shown = await revealed(world, ada)
    assert shown is not None
    assert shown.tracing is None
    assert shown.may_mark
    assert outliner.asked == 1, "it is not looked for again"


async def test_an_outliner_that_fails_costs_no_reading_and_is_asked_again(
    outlining: tuple[World, FakeOutliner],
) -> None:
    world, outliner = outlining
    outliner.fails = ReaderUnavailable("its weights are not those of the card")
    ada = await an_answered_own_clip(world)
    assert "The software read 51 %" in ada.text
    assert "The outline of this heart is still being drawn." in ada.text
    assert "/marks" not in ada.text
    outliner.fails = None
    world.clock.passes(seconds=6)
    await world.worker.sweep()
    await world.works()
    shown = await revealed(world, ada)
    assert shown is not None
    assert shown.tracing == BY_A_MODEL


async def test_a_covered_clip_loses_its_outline_and_stills_and_is_outlined_anew(
    outlining: tuple[World, FakeOutliner],
) -> None:
    world, outliner = outlining
    ada = await a_ready_clip(world)
    assert len(await world.stored(Still)) == 2
    fields = {"csrf": csrf_of(ada), "left": "0", "top": "0", "width": "9", "height": "9"}
    await ada.http.post(f"{TOOL}{attempt_of(ada)}/covered", data=fields)
    assert not await world.stored(Still), "pictures of what was to be covered are gone"
    assert not await world.stored(TracingRow)
    await world.works()
    assert outliner.asked == 2
    assert len(await world.stored(Still)) == 2


async def test_an_outliner_that_was_taken_away_leaves_the_marking_to_the_learner(
    outlining: tuple[World, FakeOutliner],
) -> None:
    world, outliner = outlining
    outliner.fails = ReaderUnavailable("not now")
    ada = await an_answered_own_clip(world)
    world.clock.passes(seconds=6)
    ingest = replace(world.worker.ingest, outliner=None)
    await ingest.outline(await world.only_clip())
    assert "/marks" in await reloads(ada)


async def test_an_outliner_that_fails_for_a_day_is_asked_no_more(
    outlining: tuple[World, FakeOutliner],
) -> None:
    world, outliner = outlining
    outliner.fails = ReaderUnavailable("its weights are not those of the card")
    ada = await an_answered_own_clip(world)
    world.clock.passes(hours=25)
    await world.worker.sweep()
    await world.works()
    assert outliner.asked == 1
    await ada.launches("own-clip")
    assert "/marks" in await reloads(ada)


async def test_the_outline_lies_over_the_clip_before_anyone_has_drawn_its_stills(
    world: World,
) -> None:
    await world.adds_case(51.0, tracing=a_tracing())
    ada = await world.learner("practice")
    await opens_case(ada)
    await locks(ada, "42")
    assert "/stills/" not in ada.text
    assert re.findall(r'<polygon data-frame="(\d+)"', ada.text) == ["7", "19"]
    assert 'data-part="contour"' in ada.text
