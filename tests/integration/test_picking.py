"""Deep linking: a teacher picks activities, and the LMS gets what it asked for, signed."""

import json
import re
from datetime import UTC, datetime
from uuid import UUID

import pytest

from service.activities import as_setup
from service.models import Activity, Attempt, Launch, Passback
from service.setups import typed_as
from tests.support.campus import (
    CAMPUS,
    INSTRUCTOR,
    Campus,
    open_campus,
)
from tests.support.pickers import (
    DL,
    LTI,
    answered,
    campus_with_cases,
    links,
    opens,
    presses,
)
from tests.support.walks import launch_of, locks
from tests.support.world import TOOL, Browser, World, form_to


@pytest.fixture
async def campus(world: World) -> Campus:
    """A platform that says what a test wants it to say."""
    return await campus_with_cases(world)


async def test_the_answer_is_what_moodle_takes(world: World, campus: Campus) -> None:
    teacher = await campus.picks()
    assert 'value="Week 3"' in teacher.text
    await presses(teacher, "add")
    claims = await answered(teacher)
    assert claims["iss"] == campus.lms.registration.client_id
    assert claims["exp"] - claims["iat"] <= 600
    assert claims[f"{LTI}message_type"] == "LtiDeepLinkingResponse"
    assert claims[f"{LTI}version"] == "1.3.0"
    assert claims[f"{LTI}deployment_id"] == "1"
    assert f"{DL}data" not in claims
    [item] = claims[f"{DL}content_items"]
    named = item.pop("custom")["eyeball_activity"]
    assert item == {
        "type": "ltiResourceLink",
        "title": "Week 3: EF",
        "url": f"{TOOL}/lti/launch",
        "lineItem": {
            "scoreMaximum": 100,
            "label": "Week 3: EF",
            "resourceId": UUID(named).hex,
            "submissionReview": {"reviewableStatus": ["Completed"]},
        },
    }
    assert isinstance(item["lineItem"]["scoreMaximum"], int)
    assert "Save it: until then nothing is in the course." in teacher.text


async def test_canvas_gets_its_data_back_and_may_have_half_points(
    world: World, campus: Campus
) -> None:
    canvas = {"tool_platform": {"product_family_code": "canvas"}}
    teacher = await campus.picks(asked={"data": "a<b>&c"}, **canvas)
    await presses(teacher, "add", points="7,5")
    claims = await answered(teacher)
    assert claims[f"{DL}data"] == "a<b>&c"
    assert claims[f"{DL}content_items"][0]["lineItem"]["scoreMaximum"] == 7.5
    assert "Save it" not in teacher.text


async def test_an_activitys_dates_go_with_it_and_its_answers_stay_to_be_seen(
    campus: Campus,
) -> None:
    teacher = await campus.picks()
    opens, closes = "2026-11-24T08:00", "2026-12-01T08:00"
    await presses(teacher, "add", opens=opens, closes=closes)
    [item] = (await answered(teacher))[f"{DL}content_items"]
    assert item["available"] == {"startDateTime": f"{opens}:00Z"}
    assert item["submission"] == {
        "startDateTime": f"{opens}:00Z",
        "endDateTime": f"{closes}:00Z",
    }


async def test_cases_that_the_course_practises_on_are_told_of_before_they_are_sealed(
    campus: Campus,
) -> None:
    teacher = await campus.picks()
    await presses(
        teacher, "preview", kind="pre_post", in_a_part="2", second_opens="2027-03-31T12:00"
    )
    assert "part of other activities" not in teacher.text
    teacher = await campus.picks()
    await presses(teacher, "add", cases="3")
    await opens(campus, links(await answered(teacher)))
    teacher = await campus.picks()
    await presses(
        teacher, "preview", kind="pre_post", in_a_part="2", second_opens="2027-03-31T12:00"
    )
    assert "other activities of this course as well: 3." in teacher.text


async def test_the_browser_may_send_the_form_to_the_lms_and_to_nobody_else(campus: Campus) -> None:
    teacher = await campus.picks()
    assert teacher.page is not None
    assert "form-action 'self';" in teacher.page.headers["Content-Security-Policy"]
    await presses(teacher, "add", deep_link_return_url="https://evil.test/", return_url="x")
    assert teacher.page is not None
    policy = teacher.page.headers["Content-Security-Policy"]
    assert "evil" not in teacher.text + policy
    assert re.search(rf"form-action 'self' {CAMPUS}( {CAMPUS})*;", policy), policy


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"title": " "}, "Type a title"),
        ({"title": "x" * 256}, "Type a title of at most 255"),
        ({"title": "a\x07b"}, "Type the title anew"),
        ({"title": "a\u202eb"}, "Type the title anew: it holds characters that nobody can see."),
        ({"points": "0"}, "Type whole points, from 1 to 100."),
        ({"points": "101"}, "Type whole points, from 1 to 100."),
        ({"points": "99.5"}, "Type whole points, from 1 to 100."),
        ({"points": "1e2"}, "Type whole points, from 1 to 100."),
        ({"kind": "oral"}, "Choose what learners do."),
        ({"kind": "mastery"}, "It needs a library of at least 40 cases; here are 4."),
        ({"kind": "exam", "minutes": "9"}, "Say when it closes"),
        ({"kind": "exam", "minutes": "0"}, "Type a whole number from 1 to 240."),
        ({"answers": "after_close"}, "Say when it closes"),
        ({"answers": "never"}, "Choose when answers are shown."),
        ({"closes": "31/12/2026"}, "Type a day and a time"),
        ({"closes": "2026-13-31T10:00"}, "Type a day and a time"),
        ({"opens": "2027-01-02T10:00", "closes": "2027-01-01T10:00"}, "after it opens"),
        ({"zone": "../../etc/passwd"}, "Type a time zone by its place"),
        ({"zone": "Mars"}, "Type a time zone by its place"),
        ({"kind": "own_clip", "clips": "51"}, "Type a whole number from 1 to 50."),
        ({"kind": "own_clip", "reply_days": "8"}, "Type a whole number from 1 to 7."),
        ({"cases": "0"}, "Type a whole number from 1 to 4."),
        ({"cases": "5"}, "Type a whole number from 1 to 4."),
        ({"grade_by": "'; drop"}, "Choose how estimates are graded."),
        ({"full_within": "20"}, "Type more than 20, and at most 50."),
        ({"none_beyond": "-3"}, "Type more than 5, and at most 50."),
        ({"full_within": "nan"}, "Type points of LVEF"),
        ({"title": "a\0b"}, None),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_nothing_has_to_be_typed_twice(
    world: World, campus: Campus, typed: dict[str, str], words: str | None
) -> None:
    teacher = await campus.picks()
    await presses(teacher, "add", **{"title": "Mine <own>", **typed})
    assert teacher.page is not None
    if words is None:
        assert teacher.page.status_code == 200
        return
    assert teacher.page.status_code == 422
    assert words in teacher.text
    assert "JWT" not in teacher.text
    kept = typed.get("title", "Mine &lt;own&gt;").strip() or 'name="title" value=" "'
    assert kept[:100] in teacher.text
    await teacher.opens(f"{TOOL}{launch_of(teacher)}/pick")
    assert kept[:100] in teacher.text, "a reload keeps it too"
    assert not [one for one in await world.stored(Activity) if one.resource_link_id]


async def test_several_items_go_in_one_answer_where_the_lms_takes_several(
    world: World, campus: Campus
) -> None:
    teacher = await campus.picks()
    await presses(teacher, "more", title="One")
    assert 'name="title" value=""' in teacher.text, "nobody adds the same one twice unawares"
    await presses(teacher, "more", title="Two", kind="own_clip")
    await presses(teacher, "more", title="Three", points="40", closes="2027-03-31T12:00")
    assert "Points: 40. Closes: 31 Mar 2027, 12:00 (UTC)." in teacher.text
    await teacher.sends(form_to(teacher.text, "/drop"))
    assert "One" not in teacher.text
    assert "Add these 3 to the course" in teacher.text
    await presses(teacher, "add", title="Four")
    claims = await answered(teacher)
    titles = [item["title"] for item in claims[f"{DL}content_items"]]
    assert titles == ["Two", "Three", "Four"]
    assert len({links(claims, at) for at in range(3)}) == 3
    await presses(teacher, "add", title="", only="kept")
    claims = await answered(teacher)
    assert [item["title"] for item in claims[f"{DL}content_items"]] == ["Two", "Three"]


async def test_one_item_is_the_most_where_the_lms_takes_one(world: World, campus: Campus) -> None:
    teacher = await campus.picks(asked={"accept_multiple": False})
    assert "set up another" not in teacher.text
    await presses(teacher, "more")
    assert teacher.page is not None
    assert (teacher.page.status_code, "one activity at a time" in teacher.text) == (409, True)
    await presses(teacher, "add")
    assert len((await answered(teacher))[f"{DL}content_items"]) == 1


async def test_without_line_items_the_teacher_is_told_that_grades_are_off(
    world: World, campus: Campus
) -> None:
    teacher = await campus.picks(asked={"accept_lineitem": False})
    assert "grades are off" in teacher.text
    assert ">Points<" not in teacher.text
    await presses(teacher, "add", points="nonsense")
    [item] = (await answered(teacher))[f"{DL}content_items"]
    assert "lineItem" not in item


async def test_an_lms_that_wants_a_file_is_told_that_there_is_none(
    world: World, campus: Campus
) -> None:
    teacher = await campus.picks(asked={"accept_types": ["file", "html"]})
    assert teacher.page is not None
    assert teacher.page.status_code == 400
    assert not await world.stored(Launch)


async def test_cancelling_answers_with_an_empty_list(world: World, campus: Campus) -> None:
    teacher = await campus.picks()
    await presses(teacher, "cancel")
    assert (await answered(teacher))[f"{DL}content_items"] == []
    assert len(await world.stored(Activity)) == 1, "only the one to try things out in"


async def test_pressing_twice_names_the_same_activity(world: World, campus: Campus) -> None:
    teacher = await campus.picks()
    await presses(teacher, "add")
    first = await answered(teacher)
    await presses(teacher, "add", title="Renamed")
    second = await answered(teacher)
    assert links(first) == links(second)
    learner = await opens(campus, links(first))
    assert "0 of 2 cases done" in learner.text
    await presses(teacher, "add", title="A third time")
    third = await answered(teacher)
    assert links(third) != links(first), "an activity that is in use is not changed from here"


async def test_the_preview_is_computed_by_the_rule_that_scores(campus: Campus) -> None:
    teacher = await campus.picks()
    await presses(teacher, "preview")
    assert "8 points off, right category: 86/100." in teacher.text
    assert "15 points off, one category away: 38.33/100." in teacher.text
    await presses_again(teacher, "preview", grade_by="linear", points="10")
    assert "8 points off, right category: 8/10." in teacher.text
    await presses_again(teacher, "preview", grade_by="confidence")
    assert "8 points off, sure within ±10: 90/100." in teacher.text
    assert "20 points off, sure within ±5: −50/100." in teacher.text
    await presses_again(teacher, "preview", none_beyond="4")
    assert "None beyond: Type more than" in teacher.text, "it stands far from the field"
    assert "Type more than 5" in teacher.text


async def presses_again(browser: Browser, step: str, **typed: str) -> None:
    """The same from the picker's own page, since a fragment holds no token."""
    await browser.opens(f"{TOOL}{browser.path.rpartition('/')[0]}")
    await presses(browser, step, **typed)


async def test_a_choice_can_be_tried_out_and_leaves_no_trace(world: World, campus: Campus) -> None:
    teacher = await campus.picks()
    await presses(teacher, "try", cases="3")
    assert "0 of 3 cases done" in teacher.text
    assert "Back to your choice" in teacher.text
    await teacher.opens(f"{TOOL}{launch_of(teacher)}/cases/1")
    await locks(teacher, "42")
    assert "You said 42 %" in teacher.text
    await world.works()
    assert not await world.stored(Passback)
    assert [one.preview for one in await world.stored(Attempt)] == [True]
    await teacher.opens(f"{TOOL}{launch_of(teacher)}")
    assert 'value="Week 3: EF"' in teacher.text
    assert 'name="cases" value="3"' in teacher.text
    await presses(teacher, "add", cases="3")
    learner = await opens(campus, links(await answered(teacher)))
    assert "0 of 3 cases done" in learner.text


async def test_the_link_opens_what_was_picked(world: World, campus: Campus) -> None:
    teacher = await campus.picks()
    await presses(teacher, "add", points="50")
    named = links(await answered(teacher))
    learner = await opens(campus, named)
    await learner.opens(f"{TOOL}{launch_of(learner)}/cases/1")
    assert "Case 1 of 2" in learner.text
    [linked] = [one for one in await world.stored(Activity) if one.resource_link_id]
    assert (str(linked.id), linked.rule, linked.points) == (named, "blend 5/20", 50.0)
    assert linked.title == "Week 3, as the LMS calls it"
    assert linked.context_id == "3"


async def test_a_launch_that_picked_is_forgotten_with_what_was_tried_in_it(
    world: World, campus: Campus
) -> None:
    await campus.picks()
    world.clock.passes(hours=13)
    await world.worker.sweep()
    assert not await world.stored(Launch)
    assert not await world.stored(Activity)


async def test_how_soon_a_teacher_answers_is_kept_and_shown_again(
    world: World, campus: Campus
) -> None:
    teacher = await campus.picks()
    await presses(teacher, "add", kind="own_clip", reply_days="3")
    [activity] = [one for one in await world.stored(Activity) if one.settings_version]
    assert activity.reply_days == 3
    assert typed_as(as_setup(activity, library=4))["reply_days"] == "3"


async def test_an_empty_library_leaves_own_clips_to_pick(world: World) -> None:
    campus = await open_campus(world)
    teacher = await campus.picks()
    assert "Practice cases" not in teacher.text
    await presses(teacher, "add")
    assert "There are no practice cases here yet." in teacher.text
    await presses(teacher, "add", kind="own_clip")
    assert json.dumps(await answered(teacher)).count("ltiResourceLink") == 1


async def test_an_exam_is_picked_with_its_minutes_and_its_end_in_the_teachers_zone(
    world: World, campus: Campus
) -> None:
    teacher = await campus.picks()
    await presses(
        teacher,
        "add",
        kind="exam",
        minutes="30",
        opens="2031-07-01T08:00",
        closes="2031-07-01T09:30",
        zone="Europe/Berlin",
    )
    learner = await opens(campus, links(await answered(teacher)))
    [exam] = [one for one in await world.stored(Activity) if one.resource_link_id]
    assert (exam.kind, exam.minutes, exam.answers) == ("exam", 30, "after_close")
    assert exam.opens_at == datetime(2031, 7, 1, 6, 0, tzinfo=UTC)
    assert exam.closes_at == datetime(2031, 7, 1, 7, 30, tzinfo=UTC)
    assert "This opens on 1 Jul 2031, 08:00 (Europe/Berlin)." in learner.text


async def test_what_was_set_stands_in_the_settings_again(world: World, campus: Campus) -> None:
    teacher = await campus.picks()
    await presses(
        teacher, "add", answers="after_close", closes="2031-07-01T09:30", zone="Asia/Kolkata"
    )
    named = links(await answered(teacher))
    await opens(campus, named)
    owner = await opens(campus, named, roles=[INSTRUCTOR], sub="9")
    await owner.opens(f"{TOOL}{launch_of(owner)}/settings")
    assert 'value="2031-07-01T09:30"' in owner.text
    assert 'value="Asia/Kolkata"' in owner.text
    assert '<option value="after_close" selected>' in owner.text


async def test_single_cases_are_chosen_by_their_numbers(world: World, campus: Campus) -> None:
    teacher = await campus.picks()
    await presses(teacher, "add", which="4, 1-2", cases="99")
    named = links(await answered(teacher))
    learner = await opens(campus, named)
    assert "0 of 3 cases done" in learner.text
    for position, lvef in ((1, "30"), (2, "45"), (3, "70")):
        await learner.opens(f"{TOOL}{launch_of(learner)}/cases/{position}")
        await locks(learner, lvef)
        assert f"The reference is {lvef} %" in learner.text
    [activity] = [one for one in await world.stored(Activity) if one.id == UUID(named)]
    assert activity.picked == [1, 2, 4]


async def test_numbers_that_the_library_does_not_have_are_refused(campus: Campus) -> None:
    teacher = await campus.picks()
    await presses(teacher, "add", which="2, 5")
    assert teacher.page is not None
    assert teacher.page.status_code == 422
    assert "Type numbers of cases from 1 to 4" in teacher.text
    await presses(teacher, "add", which="3-1")
    assert "3-1 runs backwards" in teacher.text
    await presses(teacher, "add", which="2, 5")
    assert 'value="2, 5"' in teacher.text, "nothing has to be typed twice"
    await presses(teacher, "add", which="5", kind="pre_post", second_opens="2027-03-31T12:00")
    assert teacher.page.status_code == 200, "parallel sets are balanced, whatever was typed before"
