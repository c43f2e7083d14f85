"""A clip's way through the serverless parts, each scripted: Chromium sends it straight to Supabase
and plays it from there, Gemini is asked about its view, and a network as large as EchoNet's reads.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.async_api import Browser, Frame, Playwright, expect

from service.postgres import connection_string
from tests.e2e.clips import NAME, drawn
from tests.support.browser import (
    PATIENCE,
    Person,
    Watch,
    chooses,
    chromium,
    has_grade,
    heading,
    link,
    reviews,
    starts_case,
)
from tests.support.processes import until
from tests.support.stack import Stack, running_stack
from tests.support.supabase_server import SupabaseServer, running_supabase
from tests.unit.inference.checkpoints import MODEL, installed_for_tests
from tests.unit.inference.gemini_server import Gemini, answers, fails, running_gemini

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600), pytest.mark.breadth]
PLAYS = "() => document.querySelector('.stage video').readyState >= 4"
KEY = "k-made-up-by-the-tests"
PICTURES = 8
# The practice cases of this demo are another test's: a large network would read them for a minute.
NOBODY_READS_THEM = (
    "INSERT INTO reading (clip_id, none_because, created_at)"
    " SELECT id, 'unavailable', now() FROM clip WHERE phantom ON CONFLICT DO NOTHING",
    "UPDATE clip SET stills_due = false WHERE phantom",
)
READ_BY = (
    "SELECT reading.body -> 'versions' ->> 'model' FROM reading"
    " JOIN clip ON clip.id = reading.clip_id WHERE NOT clip.phantom"
)


@pytest.fixture(scope="module")
def supabase() -> Iterator[SupabaseServer]:
    """A scripted Supabase."""
    chromium()
    with running_supabase() as found:
        yield found


@pytest.fixture(scope="module")
def gemini() -> Iterator[Gemini]:
    """A scripted Gemini."""
    with running_gemini() as found:
        yield found


@pytest.fixture(scope="module")
def serverless(
    supabase: SupabaseServer, gemini: Gemini, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """The demo with both, and with a model that only tests have."""
    models = installed_for_tests(tmp_path_factory.mktemp("models"))
    with running_stack(
        models=models,
        SUPABASE_URL=supabase.url,
        SUPABASE_KEY=supabase.key,
        EYEBALL_TRIAGE="gemini",
        GEMINI_API_KEY=KEY,
        EYEBALL_GEMINI_URL=gemini.url,
        EYEBALL_READ_DELAYS="1",
    ) as found:
        with psycopg.connect(connection_string(found.database_url)) as connection:
            for statement in NOBODY_READS_THEM:
                connection.execute(statement)
        yield found


@pytest.fixture
async def ada(
    serverless: Stack, supabase: SupabaseServer, chrome: tuple[Playwright, Browser]
) -> Person:
    """A learner, whose browser may speak to the tool, the LMS and the store, and to nobody else."""
    context = await chrome[1].new_context(viewport={"width": 900, "height": 1000})
    context.set_default_timeout(PATIENCE)
    watch = Watch((serverless.tool_url, serverless.lms_url, supabase.url))
    watch.over(context)
    found = Person(await context.new_page(), serverless.lms_url, watch)
    await found.signs_in("learner-1")
    return found


async def shows_no_number(tool: Frame) -> None:
    """Nothing of a reading is on the page."""
    await expect(tool.locator(".reading, .dial, .gap, .headline")).to_have_count(0)


async def is_told_of_another_view(tool: Frame) -> None:
    """The check says no: the learner takes another clip, and nothing was lost."""
    said = tool.locator(".view-check")
    await expect(said).to_contain_text("This doesn't look like an apical four-chamber view.")
    await expect(said).to_contain_text("Closest match: a parasternal long-axis view (not certain).")
    await shows_no_number(tool)
    await link(tool, "See what you can do").click()
    await expect(heading(tool)).to_have_text("This clip can't be used as it is")
    await expect(tool.locator(".intro")).to_contain_text("no attempt was used")
    await tool.get_by_role("button", name="Try another").click()
    await expect(heading(tool)).to_have_text("Choose an apical four-chamber clip")


async def is_told_of_doubt(tool: Frame, stack: Stack) -> None:
    """The check is unsure: the clip is read all the same, and the reading is sealed."""
    said = tool.locator(".view-check")
    await expect(said).to_contain_text("We can't confirm this is an apical four-chamber view.")
    await expect(said).to_contain_text("closeness won't be scored")
    await until(lambda: stack.rows(READ_BY), "the clip is read")
    await shows_no_number(tool)
    await tool.get_by_text("Replace this clip").click()
    await tool.get_by_role("button", name="Delete it and choose another").click()
    await expect(heading(tool)).to_have_text("Choose an apical four-chamber clip")


async def locks_while_nobody_answers(tool: Frame) -> None:
    """The check is down: the estimate is locked in on time, and nothing is read."""
    said = tool.locator(".view-check")
    await expect(said).to_contain_text("The view check isn't responding.")
    await tool.get_by_label("I am allowed to use this clip").check()
    await reviews(tool, 42)
    await tool.get_by_role("button", name="Lock in 42 %").click()
    await expect(heading(tool)).to_have_text("Your estimate is locked in")
    await expect(tool.locator("main")).to_contain_text("counts as on time")
    await shows_no_number(tool)


async def is_read_in_the_end(tool: Frame) -> None:
    """The check is back: without anybody's doing the clip is checked and read."""
    await expect(heading(tool)).to_contain_text("You said 42 %. The software read")
    model = tool.get_by_role("region", name="What the software read")
    await expect(model).to_contain_text("View confirmed as apical four-chamber")
    await expect(model).to_contain_text(f"Read by {MODEL}.")
    await expect(model).not_to_contain_text("range unknown")
    await expect(tool.locator(".model-label")).to_have_text("seeded weights: for tests only")


async def test_a_clip_is_rejected_doubted_left_waiting_and_read_in_the_end(
    serverless: Stack, supabase: SupabaseServer, gemini: Gemini, ada: Person, tmp_path: Path
) -> None:
    tool = await ada.opens("own-clip")
    gemini.replies[:] = [answers(view="PLAX", confidence=0.95, usable=False)]
    await chooses(tool, drawn(tmp_path, 36))
    await is_told_of_another_view(tool)

    gemini.replies[:] = [answers(confidence=0.4)]
    await chooses(tool, drawn(tmp_path, 40))
    await is_told_of_doubt(tool, serverless)

    gemini.replies[:] = [fails(503, "UNAVAILABLE")]
    await chooses(tool, drawn(tmp_path, 44))
    await locks_while_nobody_answers(tool)
    gemini.replies[:] = [answers()]
    await is_read_in_the_end(tool)
    await tool.wait_for_function(PLAYS)
    await has_grade(ada, "Ada Okafor", "Your own clip", "100")

    only_masked_pictures_went_to(gemini)
    went_straight_to(supabase, serverless, clips=3)
    heard = " ".join(ada.watch.sent) + await ada.page.content()
    assert supabase.key not in heard
    assert KEY not in heard
    assert ada.watch.wrong == []
    await ada.page.context.close()


def only_masked_pictures_went_to(gemini: Gemini) -> None:
    """Eight frames a question, the key in its header alone, and no name anywhere."""
    assert len(gemini.sent) >= 5, "no, unsure, twice nothing, yes"
    for sent in gemini.sent:
        assert len(sent.pictures) == PICTURES
        assert sent.headers["x-goog-api-key"] == KEY
        assert NAME not in json.dumps(sent.body)
        assert not any(NAME.encode() in picture for picture in sent.pictures)
    assert len({sent.pictures[0] for sent in gemini.sent}) == 3, "three clips were asked about"


def went_straight_to(supabase: SupabaseServer, stack: Stack, *, clips: int) -> None:
    """The browser itself sent every clip; none is left unmasked, and none lies on this machine."""
    sent = [asked for asked in supabase.asked if asked.method == "PUT"]
    assert [asked.path.split("/")[3:5] for asked in sent] == [["object", "upload"]] * clips
    assert {asked.headers["origin"] for asked in sent} == {stack.tool_url}
    assert not any(NAME in asked.path for asked in supabase.asked)
    assert not supabase.names("raw/")
    assert not list((stack.home / "clips").rglob("*.mp4"))


async def test_a_practice_case_is_played_from_the_store(
    supabase: SupabaseServer, ada: Person
) -> None:
    tool = await ada.opens("practice")
    await starts_case(tool)
    await tool.wait_for_function(PLAYS)
    played = await tool.eval_on_selector(".stage video", "video => video.currentSrc")
    assert played.startswith(f"{supabase.url}/storage/v1/object/sign/eyeball-clips/masked/")
    assert supabase.key not in " ".join(ada.watch.sent) + await tool.content()
    assert ada.watch.wrong == []
    await ada.page.context.close()
