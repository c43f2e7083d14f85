"""A platform tells us of a copied course, and its links find their settings by that alone."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from lti.notices import COURSE_COPIED, NOTICE_SCOPE
from service.models import Activity, Attempt, CourseCopy, HeardNotice, NoticeService
from tests.support.campus import CAMPUS, COURSE, INSTRUCTOR, Campus, open_campus
from tests.support.walks import launch_of
from tests.support.world import TOOL, Browser, World, form_to
from tests.unit.lti.lms import LTI, Lms

NOTICES = "/notice-handlers/1"
OFFER = {
    "service_versions": ["1.0"],
    "platform_notification_service_url": f"{CAMPUS}{NOTICES}",
    "scope": [NOTICE_SCOPE],
    "notice_types_supported": ["LtiHelloWorldNotice", COURSE_COPIED],
}
COPY = {"id": "9", "title": "Echo 101, next year"}


@pytest.fixture
async def campus(world: World) -> Campus:
    """A platform with a course, and a library of four cases."""
    for position, lvef in enumerate((30.0, 45.0, 60.0, 70.0), start=1):
        await world.adds_case(lvef, position)
    return await open_campus(world)


async def opens(campus: Campus, link: str, **claims: Any) -> Browser:
    """Somebody opens a link that tells nothing of where it comes from."""
    browser = campus.world.browser()
    said: dict[str, Any] = {
        "context": COURSE,
        "custom": {},
        "resource_link": {"id": link, "title": "Week 3"},
        "roles": [INSTRUCTOR],
        **claims,
    }
    await campus.launches(browser, **said)
    return browser


async def sets_up(campus: Campus, link: str = "11", **claims: Any) -> None:
    """A teacher has set this link up: 2 cases, 40 points."""
    tess = await opens(campus, link, **claims)
    await tess.opens(f"{TOOL}{launch_of(tess)}/settings")
    typed = {"title": "Week 3", "points": "40", "kind": "practice", "cases": "2"}
    typed |= {"grade_by": "linear", "full_within": "5", "none_beyond": "20", "zone": "UTC"}
    await tess.sends(form_to(tess.text, "/settings/save"), **typed)
    assert tess.page is not None
    assert tess.page.status_code == 200


def notice(campus: Campus, **changes: Any) -> dict[str, Any]:
    """That this course was copied, as Canvas tells it; … drops a claim."""
    now, ours = int(campus.now.timestamp()), campus.lms.registration
    claims = {
        "iss": ours.issuer,
        "aud": ours.client_id,
        "azp": ours.client_id,
        "iat": now,
        "exp": now + 3600,
        "nonce": "notice-1",
        LTI + "version": "1.3.0",
        LTI + "deployment_id": "1",
        LTI + "notice": {"id": "n-1", "timestamp": "2026-11-23T12:00:00Z", "type": COURSE_COPIED},
        LTI + "context": COPY,
        LTI + "origin_contexts": [COURSE["id"]],
    }
    known = {LTI + name for name in ("version", "deployment_id", "notice", "context")}
    known.add(LTI + "origin_contexts")
    for name, value in changes.items():
        claims[LTI + name if LTI + name in known else name] = value
    return {name: value for name, value in claims.items() if value is not ...}


async def tells(campus: Campus, *tokens: str) -> int:
    """The platform posts these notices; how it is answered."""
    body = {"notices": [{"jwt": token} for token in tokens]}
    answer = await campus.world.browser().http.post(f"{TOOL}/lti/notices", json=body)
    return answer.status_code


async def behind(world: World, link: str) -> Activity:
    """The activity behind a link."""
    return next(row for row in await world.stored(Activity) if row.resource_link_id == link)


async def test_a_course_that_offers_notices_is_asked_for_them_once_by_a_job(
    world: World, campus: Campus
) -> None:
    asked: list[httpx2.Request] = []

    def answers(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(503 if len(asked) == 1 else 200, json={})

    campus.script[NOTICES] = answers
    for _ in range(2):
        await opens(campus, "11", platformnotificationservice=OFFER)
    assert not asked, "no launch waits for it"
    await world.works()
    [row] = await world.stored(NoticeService)
    assert row.problem
    world.clock.passes(minutes=3)
    await world.worker.sweep()
    await world.works()
    [row] = await world.stored(NoticeService)
    assert row.subscribed_at == world.clock()
    await opens(campus, "11", platformnotificationservice=OFFER)
    await world.works()
    assert len(asked) == 2
    assert asked[1].method == "PUT"
    assert asked[1].read() == (
        b'{"notice_type":"LtiContextCopyNotice","handler":"https://tool.test/lti/notices"}'
    )


@pytest.mark.parametrize(
    "offer",
    [
        {},
        OFFER | {"notice_types_supported": ["LtiHelloWorldNotice"]},
        OFFER | {"scope": []},
        OFFER | {"platform_notification_service_url": "http://10.0.0.1/x"},
        OFFER | {"platform_notification_service_url": "javascript:alert(1)"},
        OFFER | {"platform_notification_service_url": f"{CAMPUS}/{'x' * 2048}"},
    ],
    ids=range(6),
)
async def test_who_offers_none_is_not_asked(world: World, campus: Campus, offer: Any) -> None:
    await opens(campus, "11", platformnotificationservice=offer)
    assert not await world.stored(NoticeService)


async def test_a_no_is_final_and_costs_nobody_anything(world: World, campus: Campus) -> None:
    campus.script[NOTICES] = lambda _: httpx2.Response(403)
    await opens(campus, "11", platformnotificationservice=OFFER)
    await world.works()
    [row] = await world.stored(NoticeService)
    assert (row.next_try_at, row.subscribed_at) == (None, None)
    assert "status 403" in str(row.problem)


async def test_a_link_of_a_copied_course_finds_its_settings_and_nobodys_attempts(
    world: World, campus: Campus
) -> None:
    await sets_up(campus)
    assert await tells(campus, campus.lms.signs(notice(campus))) == 200
    tess = await opens(campus, "77", context=COPY)
    original, copy = await behind(world, "11"), await behind(world, "77")
    assert (copy.points, copy.case_ids) == (40.0, original.case_ids)
    assert (copy.copied_from_id, copy.context_id) == (original.id, "9")
    assert "were copied" in (await tess.opens(f"{TOOL}{launch_of(tess)}/settings")).text
    assert not await world.stored(Attempt)


async def test_without_a_notice_it_finds_nothing(world: World, campus: Campus) -> None:
    await sets_up(campus)
    await opens(campus, "77", context=COPY)
    assert (await behind(world, "77")).copied_from_id is None


async def test_of_two_that_are_called_the_same_none_is_guessed(
    world: World, campus: Campus
) -> None:
    await sets_up(campus, "11")
    await sets_up(campus, "12")
    assert await tells(campus, campus.lms.signs(notice(campus))) == 200
    await opens(campus, "77", context=COPY)
    assert (await behind(world, "77")).copied_from_id is None


async def test_a_link_history_counts_in_a_course_that_only_the_notice_names(
    world: World, campus: Campus
) -> None:
    await sets_up(campus)
    assert await tells(campus, campus.lms.signs(notice(campus))) == 200
    history = {"resource_link_id_history": "11"}
    renamed = {"id": "77", "title": "Called otherwise"}
    await opens(campus, "77", context=COPY, custom=history, resource_link=renamed)
    assert (await behind(world, "77")).copied_from_id == (await behind(world, "11")).id


async def test_a_notice_counts_once(world: World, campus: Campus) -> None:
    token = campus.lms.signs(notice(campus))
    assert [await tells(campus, token, token), await tells(campus, token)] == [200, 200]
    assert len(await world.stored(CourseCopy)) == 1
    changed = campus.lms.signs(notice(campus, origin_contexts=["another"]))
    assert await tells(campus, changed) == 200, "its nonce was used"
    assert [row.origin_id for row in await world.stored(CourseCopy)] == [COURSE["id"]]
    world.clock.passes(hours=2)
    await world.worker.sweep()
    assert not await world.stored(HeardNotice)
    assert await tells(campus, token) == 400, "and it has expired"


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://elsewhere.test"},
        {"aud": "another tool"},
        {"aud": []},
        {"aud": ["tool-1", "other"], "azp": ...},
        {"azp": "another tool"},
        {"exp": 1},
        {"exp": ...},
        {"exp": 10**12},
        {"iat": ...},
        {"iat": 10**10},
        {"nonce": ...},
        {"nonce": ""},
        {"version": "1.1"},
        {"deployment_id": "2"},
        {"deployment_id": ...},
        {"notice": ...},
        {"notice": "x"},
        {"context": "x"},
        {"context": {"id": "x" * 256}},
        {"origin_contexts": "x"},
        {"origin_contexts": [7]},
        {"origin_contexts": ["x"] * 51},
    ],
    ids=str,
)
async def test_what_is_no_notice_for_us_is_refused_and_leaves_nothing(
    world: World, campus: Campus, wrong: dict[str, Any]
) -> None:
    assert await tells(campus, campus.lms.signs(notice(campus, **wrong))) == 400
    assert not await world.stored(CourseCopy)
    assert not await world.stored(HeardNotice)


async def test_a_notice_that_its_platform_did_not_sign_is_refused(
    world: World, campus: Campus
) -> None:
    claims = notice(campus)
    signed = campus.lms.signs(claims)
    stranger = Lms("campus.test", key="a stranger's")
    forged = [
        stranger.signs(claims),
        campus.lms.signs(claims, alg="none"),
        campus.lms.signs(claims, alg="HS256"),
        campus.lms.signs(claims, kid="of nobody"),
        campus.lms.signs(claims, kid=...),
        f"{signed.rpartition('.')[0]}.",
        signed[:-8],
        "x.y.z",
        "",
        "x" * 200_000,
    ]
    for token in forged:
        assert await tells(campus, token) in {400, 502, 503}, token[:80]
    assert not await world.stored(CourseCopy)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"[]",
        b"{}",
        b'{"notices": 1}',
        b'{"notices": [{}]}',
        b"\xff",
    ],
)
async def test_a_body_that_is_none_is_refused(world: World, body: bytes) -> None:
    answer = await world.browser().http.post(f"{TOOL}/lti/notices", content=body)
    assert answer.status_code == 400


async def test_too_much_is_too_much(world: World, campus: Campus) -> None:
    assert await tells(campus, *["x"] * 101) == 400
    assert await tells(campus, "x" * 600_000) == 413


async def test_a_notice_of_another_kind_is_taken_and_leads_nowhere(
    world: World, campus: Campus
) -> None:
    hello = {"id": "n-2", "timestamp": "2026-11-23T12:00:00Z", "type": "LtiHelloWorldNotice"}
    token = campus.lms.signs(notice(campus, notice=hello, context=..., origin_contexts=...))
    assert await tells(campus, token) == 200
    assert not await world.stored(CourseCopy)


async def test_a_clock_that_is_a_little_off_costs_no_notice(world: World, campus: Campus) -> None:
    ahead = int((campus.now + timedelta(seconds=40)).timestamp())
    assert await tells(campus, campus.lms.signs(notice(campus, iat=ahead))) == 200
    assert len(await world.stored(CourseCopy)) == 1
