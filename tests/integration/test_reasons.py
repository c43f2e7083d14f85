"""What stands beside an answer: why it is so, what to compare it with, and what can be asked."""

import re

import httpx2
import pytest

from service.models import Attempt, RegradeRequest, Score
from service.regrades import MOST_SAID
from tests.support.fakes import a_prepared_clip, a_tracing
from tests.support.walks import (
    a_ready_clip,
    attempt_of,
    clip_url_of,
    csrf_of,
    launch_of,
    locks,
    opens_case,
    reloads,
    uploads,
)
from tests.support.world import TOOL, Browser, World

SEEN = "You've already seen the answer for this clip."


async def answers(world: World, estimate: str = "42", user: str = "learner-1") -> Browser:
    """A learner with the answer of the first case before them."""
    ada = await world.learner("practice", user)
    await opens_case(ada)
    await locks(ada, estimate)
    await world.works()
    await reloads(ada)
    return ada


async def asks(browser: Browser, said: str, attempt: str = "") -> httpx2.Response:
    """Say that an answer looks wrong."""
    url = f"{TOOL}{attempt or attempt_of(browser)}/regrade"
    fields = {"csrf": csrf_of(browser), "said": said}
    return await browser.http.post(url, data=fields, follow_redirects=True)


async def test_an_answer_is_explained_by_stills_outline_curve_and_rhythm(world: World) -> None:
    await world.adds_case(51.0, tracing=a_tracing())
    ada = await answers(world)
    pictures = re.findall(r'<img src="([^"]+/stills/[^"]+)"', ada.text)
    assert len(pictures) == 2
    for address in pictures:
        picture = await ada.http.get(address.replace("&amp;", "&"))
        assert picture.headers["Content-Type"] == "image/jpeg"
    assert ada.text.count("<polygon points=") == 2
    assert "Area of the cavity" in ada.text
    assert "The curve as a table" in ada.text
    assert "beats a minute" in ada.text
    assert 'data-jump="d"' in ada.text
    assert "border that this phantom was drawn with" in ada.text


async def test_a_demo_models_number_on_a_real_heart_blames_nobody(world: World) -> None:
    ada = await world.learner("own-clip")
    await uploads(ada)
    await world.works()
    await reloads(ada)
    await locks(ada, "42", attest="true")
    said = await reloads(ada)
    assert "The software read 51 %." in said
    assert "Yours is 9 points lower than the demo model's." in said
    assert "Which of the two is nearer to this heart is not known." in said
    assert "Look at this next time" not in said
    assert "You read" not in said


async def test_what_nothing_has_drawn_is_not_shown(world: World) -> None:
    await world.adds_case(51.0)
    ada = await answers(world)
    for absent in ("/stills/", "<polygon", "Area of the cavity", "beats a minute", "data-jump"):
        assert absent not in ada.text


@pytest.mark.parametrize(
    ("estimate", "says"),
    [("70", "You read high."), ("30", "You read low."), ("50", "as near as experienced readers")],
)
async def test_one_thing_to_look_at_next_time_follows_the_miss(
    world: World, estimate: str, says: str
) -> None:
    await world.adds_case(51.0)
    ada = await answers(world, estimate)
    assert ada.text.count('class="card cue"') == 1
    assert says in ada.text.partition('class="card cue"')[2]


async def test_cases_whose_answers_one_knows_lie_beside_it(world: World) -> None:
    for position, lvef in enumerate((51.0, 40.0, 62.5, 59.0, 30.0), start=1):
        await world.adds_case(lvef, position)
    ada = await world.learner("practice")
    for position in (2, 3, 5):
        await opens_case(ada, position)
        await locks(ada, "42")
    await opens_case(ada, 4)  # begun, and still to be judged
    await opens_case(ada, 1)
    assert "Side by side" not in ada.text
    await locks(ada, "42")
    assert re.findall(r"<bdi>([\d.]+) %</bdi>", beside(ada)) == ["40", "51", "62.5"]
    assert "about 10 points below and above this one" in beside(ada)
    assert "They begin together" in beside(ada), "of these hearts nobody knows the beats"
    assert "data-cycle" not in beside(ada)
    bea = await answers(world, user="learner-2")
    assert "Once you have done a case about 10 points below or above" in beside(bea)
    assert "<video" not in beside(bea), "she has been shown no other answer"


async def test_a_case_with_a_neighbour_on_one_side_says_so_and_all_beat_alike(
    world: World,
) -> None:
    for position, lvef in enumerate((51.0, 62.5), start=1):
        await world.adds_case(lvef, position, tracing=a_tracing())
    ada = await world.learner("practice")
    for position in (2, 1):
        await opens_case(ada, position)
        assert "data-cycle" not in ada.text, "where its beats begin is told with its answer"
        await locks(ada, "42")
    assert re.findall(r"<bdi>([\d.]+) %</bdi>", beside(ada)) == ["51", "62.5"]
    assert "none lies below yet" in beside(ada)
    assert "until all beats take as long" in beside(ada)
    times = a_prepared_clip().frame_times
    begins, lasts = round(times[7], 3), round(times[31] - times[7], 3)
    assert beside(ada).count(f"data-cycle='[{begins}, {lasts}]'") == 2


def beside(browser: Browser) -> str:
    """What stands side by side on an answer's page."""
    return browser.text.partition('class="card anchors"')[2].partition("</section>")[0]


async def test_a_learner_tells_the_teacher_what_looks_wrong(world: World) -> None:
    await world.adds_case(51.0)
    ada = await answers(world)
    assert "This looks wrong" in ada.text
    answer = await asks(ada, "  The outline is <b>off</b>.\nLook at frame 12. \x00")
    assert "You told your teacher" in answer.text
    assert "&lt;b&gt;off&lt;/b&gt;" in answer.text
    await asks(ada, "Another thing.")
    (request,) = await world.stored(RegradeRequest)
    assert request.said == "The outline is <b>off</b>.\nLook at frame 12."
    tess = await world.learner("practice", "teacher-1")
    page = await tess.opens(f"{TOOL}{launch_of(tess)}/requests")
    assert "Ada Okafor · Case 1" in page.text
    assert "The outline is &lt;b&gt;off&lt;/b&gt;." in page.text
    assert "Estimate 42 %" in page.text
    assert "reference 51 %" in page.text
    learners = await ada.opens(f"{TOOL}{launch_of(ada)}/requests")
    assert learners.status_code == 404


async def test_a_teacher_sees_the_clip_of_what_looks_wrong_and_how_many_there_are(
    world: World,
) -> None:
    await world.adds_case(51.0)
    ada = await answers(world)
    tess = await world.learner("practice", "teacher-1")
    assert "Asked for another look<" in tess.text
    await asks(ada, "The outline is off.")
    await tess.opens(f"{TOOL}{launch_of(tess)}/")
    assert "Asked for another look (1)<" in tess.text
    page = await tess.opens(f"{TOOL}{launch_of(tess)}/requests")
    [path] = re.findall(r'href="([^"]+/requests/[^"]+)"', page.text)
    page = await tess.opens(f"{TOOL}{path}")
    for said in ("Ada Okafor", "Case 1", "Estimate 42 %", "reference 51 %", "The outline is off."):
        assert said in page.text
    clip = await tess.http.get(clip_url_of(tess))
    assert clip.headers["Content-Type"] == "video/mp4"
    _, _, asked = path.partition("/requests/")
    assert (await ada.opens(f"{TOOL}{launch_of(ada)}/requests/{asked}")).status_code == 404
    elsewhere = await world.learner("own-clip", "teacher-1")
    answer = await elsewhere.opens(f"{TOOL}{launch_of(elsewhere)}/requests/{asked}")
    assert answer.status_code == 404
    bea = attempt_of(await answers(world, user="learner-2")).partition("/attempts/")[2]
    answer = await tess.opens(f"{TOOL}{launch_of(tess)}/requests/{bea}")
    assert answer.status_code == 404, "nobody asked about it"


@pytest.mark.parametrize("said", ["", " \n ", "x" * (MOST_SAID + 1)])
async def test_too_little_and_too_much_are_not_taken(world: World, said: str) -> None:
    await world.adds_case(51.0)
    ada = await answers(world)
    answer = await asks(ada, said)
    assert (answer.status_code, "Say" in answer.text) == (422, True)
    assert "You said 42 %" in answer.text
    assert f">{said}</textarea>" in answer.text
    assert '<details class="card folded" open>' in answer.text
    assert not await world.stored(RegradeRequest)


async def test_nobody_asks_before_the_lock_or_for_somebody_else(world: World) -> None:
    await world.adds_case(51.0)
    ada = await world.learner("practice")
    await opens_case(ada)
    assert (await asks(ada, "It looks wrong.")).status_code == 409
    bea = await answers(world, user="learner-2")
    theirs = attempt_of(ada).partition("/attempts/")[2]
    own = attempt_of(bea).partition("/attempts/")[0]
    answer = await asks(bea, "It looks wrong.", f"{own}/attempts/{theirs}")
    assert answer.status_code == 404
    assert not await world.stored(RegradeRequest)


async def test_a_clip_whose_answer_one_has_seen_is_not_scored_again(world: World) -> None:
    ada = await a_ready_clip(world)
    assert SEEN not in ada.text
    await locks(ada, "42", attest="true")
    await world.works()
    assert SEEN not in await reloads(ada)
    posts = (await world.gradebook())["posts"]
    await ada.opens(f"{TOOL}{launch_of(ada)}/another")
    await uploads(ada)  # the same bytes
    await world.works()
    assert SEEN in await reloads(ada)
    await locks(ada, "50", attest="true")
    await world.works()
    assert SEEN in await reloads(ada)
    scores = {score.seen for score in await world.stored(Score)}
    assert scores == {False, True}
    assert (await world.gradebook())["posts"] == posts


async def test_whoever_has_seen_a_case_gets_no_credit_for_bringing_it_as_their_own(
    world: World,
) -> None:
    await world.adds_case(51.0)  # the tests' clips are all the same picture
    await answers(world)
    before = (await world.gradebook())["posts"]
    ada = await a_ready_clip(world)
    assert SEEN in await reloads(ada)
    await locks(ada, "50", attest="true")
    await world.works()
    assert "You knew this clip's answer already" in await reloads(ada)
    assert (await world.gradebook())["posts"] == before
    bea = await a_ready_clip(world, "learner-2")
    assert SEEN not in bea.text
    assert {one.state for one in await world.stored(Attempt)} >= {"settled"}
