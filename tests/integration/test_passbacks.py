"""Grades on their way: never lost, doubled, lowered or erased, whatever the LMS does."""

import asyncio
from datetime import timedelta

import pytest

from lti.grades import Score, encode_score
from service import delivery, packing
from service.comparing import Outcome, send
from service.models import Activity, Passback, PassbackState
from service.registrations import plain
from service.store import registrations
from tests.support.campus import Campus, open_campus
from tests.support.fakes import NOON
from tests.support.walks import a_ready_clip, attempt_of, launch_of, locks, opens_case, uploads
from tests.support.world import TOOL, Browser, World, form_to


@pytest.fixture
async def campus(world: World) -> Campus:
    """A platform that says what a test wants it to say."""
    return await open_campus(world)


async def done(world: World, user: str = "learner-1") -> Browser:
    """A learner who has finished the only practice case, 9 points off; nothing is sent yet."""
    if not await world.stored(Activity):
        await world.adds_case(51.0)
    browser = await world.learner("practice", user)
    await opens_case(browser)
    await locks(browser, "42")
    return browser


async def page_of(browser: Browser) -> str:
    """The reveal page again, as people read it."""
    await browser.opens(f"{TOOL}{attempt_of(browser)}/")
    return browser.text.replace("&#39;", "'")


async def later(world: World, **time: float) -> None:
    """Let time pass, then let the sweep and the worker do what is due."""
    world.clock.passes(**time)
    await world.worker.sweep()
    await world.works()


async def delivers(world: World, row: Passback) -> None:
    """Have one worker send one score."""
    await world.worker.passback(row.id)


async def takes(world: World, row: Passback) -> packing.Parcel:
    """Let a worker take a score into its hands, and go no further."""
    parcel = await packing.pack(world.worker.database, row.id, world.clock(), world.worker.terms)
    assert parcel is not None
    return parcel


async def the_passback(world: World) -> Passback:
    """The only passback that there is."""
    [row] = await world.stored(Passback)
    return row


async def test_a_score_is_sending_then_sent(world: World) -> None:
    ada = await done(world)
    assert "Sending to the gradebook" in ada.text
    await world.works()
    assert "Sent to the gradebook." in await page_of(ada)
    row = await the_passback(world)
    assert (row.state, row.sent_at, row.submitted_at) == (PassbackState.SENT, NOON, NOON)


async def test_an_lms_that_is_down_gets_the_score_once_when_it_is_back(world: World) -> None:
    await world.is_told("down")
    ada = await done(world)
    await world.works()
    page = await page_of(ada)
    assert "You said 42 %. The reference is 51 %." in page
    assert "We'll keep trying; you don't need to do anything." in page
    row = await the_passback(world)
    assert (row.state, row.tries, row.next_try_at) == ("due", 1, NOON + timedelta(seconds=30))
    await later(world, seconds=29)
    assert (await the_passback(world)).tries == 1, "not before its time"
    await later(world, seconds=1)
    row = await the_passback(world)
    assert (row.tries, row.next_try_at) == (2, world.clock() + timedelta(seconds=120))
    await world.is_told("ok")
    await later(world, seconds=120)
    assert "Sent to the gradebook." in await page_of(ada)
    await later(world, hours=1)
    book = await world.gradebook()
    assert [grade["score_given"] for grade in book["grades"]] == [73.33]
    assert [post["status"] for post in book["posts"]] == [200, 503, 503]


async def test_a_learner_can_have_it_tried_now_and_puts_nothing_off_by_that(world: World) -> None:
    await world.is_told("down")
    ada = await done(world)
    await world.works()
    await later(world, seconds=30)
    page = await page_of(ada)
    assert "Try now" in page
    await ada.sends(form_to(page, "/delivery/now"))
    row = await the_passback(world)
    assert (row.tries, row.next_try_at) == (1, world.clock())
    await world.works()
    row = await the_passback(world)
    assert (row.tries, row.next_try_at) == (2, world.clock() + timedelta(seconds=120))
    await world.is_told("ok")
    await ada.sends(form_to(ada.text, "/delivery/now"))
    await world.works()
    await ada.launches("practice")
    assert "Sent to the gradebook." in ada.text
    assert "Try now" not in ada.text
    assert [grade["score_given"] for grade in (await world.gradebook())["grades"]] == [73.33]


async def test_pressing_changes_nothing_about_what_is_tried_soon_or_was_sent(world: World) -> None:
    await world.is_told("down")
    ada = await done(world)
    await world.works()
    press = form_to(await page_of(ada), "/delivery/now")
    world.clock.passes(seconds=12)
    before = await the_passback(world)
    await ada.sends(press)
    row = await the_passback(world)
    assert (row.tries, row.next_try_at) == (before.tries, before.next_try_at)
    await world.is_told("ok")
    await later(world, seconds=30)
    await ada.sends(press)
    assert (await the_passback(world)).state == PassbackState.SENT


async def test_the_last_delay_repeats_until_a_week_has_passed(world: World) -> None:
    await world.is_told("down")
    ada = await done(world)
    await world.works()
    for _ in range(4):
        await later(world, minutes=3)
    row = await the_passback(world)
    assert (row.tries, row.next_try_at - world.clock()) == (5, timedelta(seconds=120))
    await later(world, days=7)
    assert (await the_passback(world)).state == PassbackState.REFUSED
    await ada.launches("practice")
    assert "Your LMS refused it." in ada.text.replace("&#39;", "'")


async def test_a_score_that_arrived_before_the_worker_died_is_settled_as_sent(
    world: World,
) -> None:
    await done(world)
    row = await the_passback(world)
    await send(world.worker.grades, await takes(world, row))  # and here the worker died
    assert (await the_passback(world)).state == PassbackState.DUE
    await later(world, seconds=31)
    assert (await the_passback(world)).state == PassbackState.SENT
    book = await world.gradebook()
    assert [post["status"] for post in book["posts"]] == [200], "it was seen to be there"
    assert [grade["score_given"] for grade in book["grades"]] == [73.33]


async def teacher_grades(world: World, row: Passback, points: float, **time: float) -> None:
    """The gradebook holds a grade that this tool did not decide, and its time."""
    async with world.worker.database.begin() as work:
        registration = plain(await registrations.by_id(work.session, row.registration_id))
    teachers = Score(
        user_id="learner-1",
        score_given=points,
        score_maximum=100.0,
        comment="by hand",
        timestamp=world.clock() + timedelta(**time),
    )
    body = encode_score(teachers, platform_family=None, new=False, first=False)
    await world.worker.grades.post_score(registration, row.line_item_url, body)


async def grade_at_the_lms(world: World) -> tuple[object, object]:
    """The one grade in the LMS's gradebook, with its comment."""
    [grade] = (await world.gradebook())["grades"]
    return grade["score_given"], grade["comment"]


async def test_a_teachers_newer_grade_is_not_overwritten(world: World) -> None:
    ada = await done(world)
    row = await the_passback(world)
    await teacher_grades(world, row, 12.0, seconds=5)
    await delivers(world, row)
    row = await the_passback(world)
    assert (row.state, row.problem) == ("held", "The gradebook holds a newer score.")
    assert await grade_at_the_lms(world) == (12.0, "by hand")
    assert "Your teacher decides which one stands" in await page_of(ada)
    await later(world, days=3)
    assert (await the_passback(world)).state == "held"


async def test_two_workers_with_one_score_store_it_once(world: World) -> None:
    await done(world)
    row = await the_passback(world)
    await asyncio.gather(*(delivers(world, row) for _ in range(4)))
    assert (await the_passback(world)).state == PassbackState.SENT
    book = await world.gradebook()
    assert [grade["score_given"] for grade in book["grades"]] == [73.33]
    assert [post["status"] for post in book["posts"]].count(200) == 1


async def test_nothing_is_sent_for_a_teacher(world: World) -> None:
    tess = await done(world, "teacher-1")
    assert "Nothing is sent to the gradebook." in tess.text
    clip = await a_ready_clip_in_preview(world)
    await locks(clip, "42", attest="true")
    await later(world, hours=1)
    assert not await world.stored(Passback)
    assert (await world.gradebook())["posts"] == []


async def a_ready_clip_in_preview(world: World) -> Browser:
    """A teacher who tries the own-clip activity."""
    tess = await world.learner("own-clip", "teacher-1")
    await tess.opens(f"{TOOL}{launch_of(tess)}/try")
    await uploads(tess)
    await world.works()
    await tess.opens(f"{TOOL}{attempt_of(tess)}/")
    return tess


async def test_a_score_that_the_lms_refuses_is_said_to_be_and_not_tried_again(
    world: World, campus: Campus
) -> None:
    await world.adds_case(51.0)
    column = "https://lms.test/lti/courses/echo-101/lineitems/2/lineitem?type_id=1"
    stranger = await campus.arrives("nobody-there")
    await opens_case(stranger)
    await locks(stranger, "42")
    row = await the_passback(world)
    async with world.worker.database.begin() as work:
        [lms] = await registrations.of_issuer(work.session, "https://lms.test")
        kept = await work.session.get_one(Passback, row.id)
        kept.registration_id, kept.line_item_url = lms.id, column
    await world.works()
    row = await the_passback(world)
    assert (row.state, row.tries) == (PassbackState.REFUSED, 1)
    assert row.problem == "The learning platform refused the score (status 400)."
    await later(world, hours=8)
    assert (await the_passback(world)).tries == 1
    assert [post["status"] for post in (await world.gradebook())["posts"]] == [400]


async def test_a_refused_score_is_explained_to_its_learner(world: World) -> None:
    ada = await done(world)
    parcel = await takes(world, await the_passback(world))
    no = Outcome(state=PassbackState.REFUSED, problem="It said no.")
    await delivery.record(world.worker.database, parcel, no, now=NOON, terms=world.worker.terms)
    page = await page_of(ada)
    assert "It said no." in page
    assert "Your LMS refused it. Your teacher can see it here" in page
    assert "You said 42 %. The reference is 51 %." in page


async def test_what_comes_of_a_try_whose_lease_is_over_is_dropped(world: World) -> None:
    await done(world)
    lost = await takes(world, await the_passback(world))
    world.clock.passes(seconds=60)
    taken = await takes(world, await the_passback(world))
    assert taken.body == lost.body, "a repeat is the same, byte for byte"
    no = Outcome(state=PassbackState.REFUSED, problem="It said no.")
    for parcel, state in ((lost, "due"), (taken, "refused")):
        await delivery.record(
            world.worker.database, parcel, no, now=world.clock(), terms=world.worker.terms
        )
        assert (await the_passback(world)).state == state


async def test_a_grade_that_stands_is_never_sent_lower_or_again(world: World) -> None:
    ada = await a_ready_clip(world)
    await locks(ada, "42", attest="true")
    await world.works()
    for lvef in ("50", "0"):
        world.clock.passes(minutes=1)
        await ada.opens(f"{TOOL}{launch_of(ada)}/another")
        await uploads(ada)
        await world.works()
        await ada.opens(f"{TOOL}{attempt_of(ada)}/")
        await locks(ada, lvef, attest="true")
        await later(world, minutes=1)
        assert "Sent to the gradebook." in await page_of(ada), "the grade that stands is shown"
    book = await world.gradebook()
    assert len(book["posts"]) == len(await world.stored(Passback)) == 1


async def test_a_comment_is_short_and_tells_nothing_of_any_clip(world: World) -> None:
    await world.adds_case(51.3, position=2)
    await world.adds_case(30.7)
    ada = await world.learner("practice")
    for position in (1, 2):
        await opens_case(ada, position)
        await locks(ada, "42")
    await world.works()
    [grade] = (await world.gradebook())["grades"]
    comment = str(grade["comment"])
    assert len(comment) <= 500
    assert comment.startswith("2/2 cases. Mean error 10.3, bias +1.0 (reads high). Linear")
    assert comment.endswith("Educational use only.")
    assert not [fact for fact in ("51.3", "30.7", "42", ".mp4") if fact in comment]


async def test_several_scores_of_a_platform_share_one_token(world: World, campus: Campus) -> None:
    await world.adds_case(51.0)
    for sub in ("a", "b", "c"):
        learner = await campus.arrives(sub)
        await opens_case(learner)
        await locks(learner, "42")
    await world.works()
    paths = [asked.url.path for asked in campus.asked]
    assert paths.count("/columns/1/lineitem/scores") == 3
    assert paths.count("/token") == 1


async def test_a_learner_whose_column_changes_is_graded_in_the_one_they_began_in(
    world: World, campus: Campus
) -> None:
    await world.adds_case(51.0)
    ada = await campus.arrives("ada")
    await opens_case(ada)
    moved = {"scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/score"], "lineitem": None}
    await campus.launches(ada, sub="ada", resource_link={"id": "practice"}, endpoint=moved)
    await opens_case(ada)
    await locks(ada, "42")
    await world.works()
    assert "Sent to the gradebook." in await page_of(ada)
    assert [row.state for row in await world.stored(Passback)] == [PassbackState.SENT]


async def test_without_a_column_nothing_is_sent_and_the_page_says_so(
    world: World, campus: Campus
) -> None:
    await world.adds_case(51.0)
    ada = await campus.arrives("ada", endpoint={"scope": [], "lineitem": "https://x.test/1"})
    await opens_case(ada)
    await locks(ada, "42")
    assert "no column in the gradebook, so nothing is sent" in ada.text
    assert not await world.stored(Passback)
