"""Forms as no page of ours sends them, by people who are let in: no fault of ours comes of any."""

import re
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar.routes import BaseRoute, HTTPRoute

from service.models import Learner
from tests.support.campus import CAMPUS, COURSE, INSTRUCTOR
from tests.support.databases import Databases
from tests.support.hostile_lms import SCRIPT, TRACES, Town, open_town
from tests.support.walks import attempt_of, csrf_of, launch_of, opens_case
from tests.support.world import TOOL, Browser

HERE = "/l/{launch_id:uuid}"
# What forms hold that are shown in other states than those of these people.
ELSEWHERE = {
    "left", "top", "width", "height", "ed", "es", "frame", "frame_rate", "start", "end", "reason",
    "score", "size", "times", "minutes", "attest", "note", "said", "picked", "place", "number",
}  # fmt: skip
odd = st.text(max_size=12) | st.sampled_from(
    [
        "",
        "0",
        "-1",
        "1e999",
        "nan",
        "9" * 400,
        "\0",
        "a\r\nb",
        SCRIPT,
        "٣",
        "2026-02-30T99:99",
        "9999-12-31T23:59",
        "0001-01-01T00:00",
        "2026-12-01T10:00",
        "Europe/Berlin",
        "../../etc/passwd",
        "exam",
        "pre_post",
        "mastery",
        "own_clip",
        "00000000-0000-4000-8000-000000000000",
        "1,2,3",
        "1-999999999",
        "x" * 70_000,
        "🫀",
        "en",
        "yes",
    ]
)


class People:
    """One of each kind, and every field that their pages have."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.names = set(ELSEWHERE)
        self.doors: list[tuple[Browser, str]] = []

    async def come(self) -> "People":
        """All three open the tool; the learner is at a case."""
        campus = self.town.campus
        await self.town.world.adds_case(51.0)
        course = {"context": COURSE}
        learner = await campus.arrives("ada", **course)
        teacher = await campus.arrives("tess", roles=[INSTRUCTOR], **course)
        picker = await campus.picks()
        self.reads(teacher)
        await teacher.opens(f"{TOOL}{launch_of(teacher)}/settings")
        await opens_case(learner)
        [ada] = [row for row in await self.town.world.stored(Learner) if row.subject == "ada"]
        ids = {"learner_id": ada.id, "attempt_id": attempt_of(learner).rpartition("/")[2]}
        for who in (learner, teacher, picker):
            self.reads(who)
            self.doors += [(who, url) for url in self.addresses(who, **ids)]
        return self

    def reads(self, who: Browser) -> None:
        """Note the fields of the page that somebody is on."""
        self.names |= set(re.findall(r'\bname="([^"]+)"', who.text)) - {"csrf"}

    def addresses(self, who: Browser, **ids: object) -> list[str]:
        """Where this tool takes a form within somebody's launch."""
        paths = [route.path for route in self.town.world.tool.routes if "POST" in methods(route)]
        steps = [path.removeprefix(HERE) for path in paths if path.startswith(HERE)]
        known = {"position": 1, **ids}
        filled = [re.sub(r"\{(\w+):\w+\}", lambda hole: str(known[hole[1]]), one) for one in steps]
        return [f"{TOOL}{launch_of(who)}{step}" for step in filled]


def methods(route: BaseRoute) -> frozenset[str]:
    """How a route may be asked."""
    return frozenset(route.methods) if isinstance(route, HTTPRoute) else frozenset()


@pytest.fixture(scope="module")
async def people(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[People]:
    """People whose work survives whatever is sent in their name."""
    async with open_town(databases, tmp_path_factory.mktemp("forms")) as town:
        yield await People(town).come()


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(chosen=st.data())
async def test_no_form_breaks_anything(people: People, chosen: st.DataObject) -> None:
    who, url = chosen.draw(st.sampled_from(people.doors))
    names = st.sampled_from(sorted(people.names))
    typed = chosen.draw(st.dictionaries(names, odd | st.lists(odd, max_size=3), max_size=8))
    headers = chosen.draw(st.sampled_from([{}, {"HX-Request": "true"}]))
    answer = await who.http.post(url, data={**typed, "csrf": csrf_of(who)}, headers=headers)
    assert answer.status_code < 500, (url, typed, answer.text[-500:])
    assert not [trace for trace in TRACES if trace in answer.text]
    assert "Location" not in answer.headers or CAMPUS not in answer.headers["Location"]
