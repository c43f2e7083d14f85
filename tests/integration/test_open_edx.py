"""An LTI platform that nobody here wrote, over real HTTP: Open edX's, in a process of its own."""

import json
import os
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx2
import pytest

from service.clock import utc_now
from service.models import Registration
from service.seeding import seed_registration
from service.store.database import Database
from tests.support.processes import Machine, add_case, answers, clean_environment, machine, until
from tests.support.visitors import Visitor, visitor
from tests.support.world import form_to

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-platform" / "bin" / "python"


@dataclass
class OpenEdx:
    """The platform: where it is, what the tool must know of it, and how people come from there."""

    address: str
    known: dict[str, str]

    def starts(self, **who: str) -> str:
        """The address that a person of the course opens."""
        return f"{self.address}/start?{urlencode(who)}"

    async def told(self) -> dict[str, Any]:
        """What it holds of us."""
        async with httpx2.AsyncClient() as http:
            return (await http.get(f"{self.address}/told")).json()


@pytest.fixture
async def tool(database_url: str, tmp_path: Path) -> AsyncIterator[Machine]:
    """The tool as processes: web and a worker."""
    with machine(database_url, tmp_path) as found:
        await add_case(database_url, tmp_path, 51.0)
        web = found.starts("web", "service.cli", "web")
        await until(lambda: answers(f"{found.tool}/alive"), web)
        found.starts_worker()
        yield found


@pytest.fixture
async def platform(tool: Machine) -> AsyncIterator[OpenEdx]:
    """The platform, which the tool knows."""
    if not PYTHON.exists():
        stop = pytest.fail if os.environ.get("EYEBALL_REQUIRE_PLATFORM") == "1" else pytest.skip
        stop("no .venv-platform: `make .venv-platform/ready` makes it")
    process = subprocess.Popen(
        [PYTHON, ROOT / "tests" / "platform" / "serve.py", tool.tool],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=clean_environment(),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        known = json.loads(process.stdout.readline())
        found = OpenEdx(known.pop("address"), known)
        await introduce(tool, found)
        yield found
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()


async def introduce(tool: Machine, platform: OpenEdx) -> None:
    """Register the platform with the tool, as its operator would by hand."""
    database = Database(tool.database_url)
    registration = Registration(
        name="Open edX", issuer=platform.address, created_at=utc_now(), **platform.known
    )
    try:
        await seed_registration(database, registration, "1", utc_now())
    finally:
        await database.engine.dispose()


async def arrives(browser: Visitor, platform: OpenEdx, **who: str) -> httpx2.Response:
    """Through login and launch to the tool's page."""
    await browser.opens(platform.starts(**who))
    return await browser.sends(form_to(browser.text, "/lti/launch"))


async def test_a_learner_of_open_edx_is_launched_and_the_score_lands_in_its_gradebook(
    tool: Machine, platform: OpenEdx
) -> None:
    async with visitor() as ada:
        page = await arrives(ada, platform, user="learner-7", name="Ada Okafor")
        assert page.status_code == 200, page.text
        assert "Practice cases" in ada.text or "practice" in ada.text.lower()
        await ada.opens_case(tool.tool)
        await ada.locks("46")
        assert "You said 46 %. The reference is 51 %." in ada.text

    async def has_grade() -> bool:
        return bool((await platform.told())["grades"])

    await until(has_grade, "no score arrives")
    told = await platform.told()
    (score,) = told["scores"]
    assert score["user_id"] == "learner-7"
    assert score["grading_progress"] == "FullyGraded"
    assert score["activity_progress"] == "Completed"
    (grade,) = told["grades"]
    assert grade["user"] == "learner-7"
    assert 0 < grade["score"] <= 1
    assert score["score_given"] / score["score_maximum"] == pytest.approx(grade["score"])

    async def is_sent() -> bool:
        return await tool.rows("SELECT state FROM passback") == [("sent",)]

    await until(is_sent, "the tool does not know that it was taken")


async def test_a_teacher_of_open_edx_picks_and_a_learner_opens_what_was_picked(
    tool: Machine, platform: OpenEdx
) -> None:
    async with visitor() as tess:
        who = {"user": "teacher-1", "role": "instructor", "message": "LtiDeepLinkingRequest"}
        await arrives(tess, platform, **who)
        assert "Add ejection fraction practice" in tess.text
        await tess.picks(tool.tool, title="Week 3: EF", points="20")
        answer = form_to(tess.text, "/lti-dl/response")
        assert answer.action.startswith(platform.address)
        said = await tess.sends(answer)
        assert said.status_code == 200, said.text
        refused = await tess.http.post(answer.action, data={"JWT": answer.fields["JWT"][:-9]})
        assert refused.status_code == 403, "it does check who signs"
    [item] = (await platform.told())["items"]
    assert item["content_type"] == "ltiResourceLink"
    picked = item["attributes"]
    assert (picked["title"], picked["url"]) == ("Week 3: EF", f"{tool.tool}/lti/launch")
    assert picked["lineItem"]["scoreMaximum"] == 20
    named = picked["custom"]["eyeball_activity"]
    assert picked["lineItem"]["resourceId"] == UUID(named).hex

    async with visitor() as ada:
        await arrives(ada, platform, user="learner-7", item="1")
        assert "0 of 1 case done" in ada.text
        await ada.opens_case(tool.tool)
        await ada.locks("46")
    assert await tool.rows(
        "SELECT a.id::text, a.points FROM attempt t JOIN activity a ON a.id = t.activity_id"
    ) == [(named, 20.0)]


async def test_a_teacher_of_open_edx_sees_the_class_and_is_never_graded(
    tool: Machine, platform: OpenEdx
) -> None:
    async with visitor() as tess:
        await arrives(tess, platform, user="teacher-1", role="instructor")
        assert "Try it as a learner" in tess.text
        again = await tess.opens(platform.starts(user="teacher-1", role="guest"))
        assert again.status_code == 200
    assert (await platform.told())["scores"] == []
