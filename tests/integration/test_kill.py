"""kill -9 at the worst moment: nothing is lost, and nothing happens twice."""

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from croniter import croniter

from inference.triaged import Triaged
from service.jobs import every, retry_stalled
from service.store.queue import Nudge, Queue, make_app
from tests.support.fakes import a_reading
from tests.support.processes import Machine, Program, add_case, all_end, machine, until
from tests.support.visitors import Visitor, visitor
from tests.unit.inference import clips
from tests.unit.inference.gemini_server import Gemini, running_gemini
from tests.unit.inference.gemini_server import answers as gemini_answers
from tests.unit.inference.modal_server import TOKEN, running_modal

UNSURE = Triaged(verdict=a_reading(51.0).verdict, version="local 1")


@pytest.fixture
async def tool(database_url: str, tmp_path: Path) -> AsyncIterator[Machine]:
    """The tool and the demo LMS as processes, without a worker yet."""
    with machine(database_url, tmp_path) as found:
        await found.registers_lms()
        await found.starts_web_and_lms()
        yield found


@pytest.fixture
async def ada() -> AsyncIterator[Visitor]:
    """A learner's browser."""
    async with visitor() as found:
        yield found


@pytest.fixture(scope="module")
def raw_clip() -> bytes:
    """A scanner's clip."""
    return clips.video(clips.page(clips.heart()))


async def stopped_reader_of(worker: Program) -> psutil.Process:
    """The worker's reader child, held in the midst of its work."""
    await until(lambda: worker.child("inference.reader"), worker)
    reader = worker.child("inference.reader")
    assert reader is not None
    await until(lambda: reader.rlimit(psutil.RLIMIT_FSIZE) == (0, 0), "its libraries are loaded")
    reader.suspend()
    return reader


async def settled(tool: Machine) -> None:
    """Wait until every attempt has settled, and the LMS has every score."""
    await until(
        lambda: is_empty(tool, "SELECT 1 FROM attempt WHERE state <> 'settled'"),
        "an attempt does not settle",
    )
    await until(
        lambda: is_empty(tool, "SELECT 1 FROM passback WHERE state <> 'sent'"),
        "a passback is not sent",
    )


async def is_empty(tool: Machine, query: str) -> bool:
    """Whether the database finds nothing."""
    return not await tool.rows(query)


@pytest.fixture
def gemini() -> Iterator[Gemini]:
    """Who confirms every view, and counts."""
    with running_gemini() as found:
        found.replies = [gemini_answers()]
        yield found


async def test_a_worker_killed_while_its_reader_reads_costs_nothing(
    tool: Machine, ada: Visitor, raw_clip: bytes, gemini: Gemini
) -> None:
    asks = {"EYEBALL_TRIAGE": "gemini", "GEMINI_API_KEY": "k", "EYEBALL_GEMINI_URL": gemini.url}
    tool.set_otherwise |= asks
    worker = tool.starts_worker()
    await ada.goes_to(tool.lms, "own-clip")
    await ada.uploads(tool.tool, raw_clip)
    reader = await stopped_reader_of(worker)
    await ada.reloads()
    await ada.locks("42", attest="true")
    assert await tool.rows("SELECT state FROM attempt") == [("locked",)]

    worker.kill()
    with suppress(psutil.NoSuchProcess):
        reader.resume()
    await all_end([reader], within=10)
    tool.starts_worker("second")

    await settled(tool)
    assert len(await tool.rows("SELECT 1 FROM score")) == 1
    assert len(await tool.rows("SELECT 1 FROM passback")) == 1
    book = await tool.gradebook()
    assert [grade["result_score"] for grade in book["grades"]] == [100]
    assert [post["status"] for post in book["posts"]] == [200]
    assert len(gemini.sent) == 1, "what was said of the view was kept, and is not bought twice"


@pytest.mark.breadth
async def test_a_worker_killed_while_modal_reads_finds_its_call_again(
    tool: Machine, ada: Visitor, raw_clip: bytes
) -> None:
    with running_modal() as modal:
        modal.pends()
        tool.set_otherwise |= {
            "EYEBALL_READER": "modal",
            "MODAL_TOKEN_ID": TOKEN[0],
            "MODAL_TOKEN_SECRET": TOKEN[1],
            "MODAL_SERVER_URL": modal.url,
        }
        worker = tool.starts_worker()
        await ada.goes_to(tool.lms, "own-clip")
        await ada.uploads(tool.tool, raw_clip)
        await until(lambda: "FunctionGetOutputs" in modal.sent, worker)
        assert await tool.rows("SELECT call FROM clip") == [("fc-1",)], "kept before it waits"
        await ada.reloads()
        await ada.locks("42", attest="true")
        worker.kill()

        modal.answers(
            {
                "status": "ok",
                "reading": a_reading(51.0).to_primitives(),
                "triaged": UNSURE.to_primitives(),
            }
        )
        asked_before = len(modal.sent["FunctionGetOutputs"])
        tool.starts_worker("second")
        await settled(tool)
    assert len(modal.sent["FunctionMap"]) == 1, "nothing was started twice"
    asked = modal.sent["FunctionGetOutputs"][asked_before:]
    assert {one.function_call_id for one in asked} == {"fc-1"}
    assert await tool.rows("SELECT call, hold FROM clip") == [(None, None)]
    assert await tool.rows("SELECT lvef FROM reading") == [(51.0,)]
    assert await tool.rows("SELECT state FROM spend") == [("answered",)]
    assert len(await tool.rows("SELECT 1 FROM score")) == 1


@pytest.mark.breadth
async def test_a_worker_killed_while_the_lms_holds_its_answer_back_sends_no_second_grade(
    tool: Machine, ada: Visitor
) -> None:
    await add_case(tool.database_url, tool.home, 51.0)
    await tool.breaks("slow", hold_seconds=300)
    worker = tool.starts_worker()
    await ada.goes_to(tool.lms, "practice")
    await ada.opens_case(tool.tool)
    await ada.locks("42")
    await until(lambda: has_posts(tool), worker)

    worker.kill()
    assert await tool.rows("SELECT state FROM passback") == [("due",)]
    await tool.breaks("ok")
    tool.starts_worker("second")

    await settled(tool)
    assert await tool.rows("SELECT state, tries FROM passback") == [("sent", 2)]
    assert len(await tool.rows("SELECT 1 FROM score")) == 1
    book = await tool.gradebook()
    assert [grade["result_score"] for grade in book["grades"]] == [73.33]
    assert [post["status"] for post in book["posts"]] == [200], "it was seen to be there"


async def has_posts(tool: Machine) -> bool:
    """Whether the LMS has stored a score."""
    return bool((await tool.gradebook())["posts"])


@pytest.mark.breadth
async def test_two_workers_at_once_double_nothing(tool: Machine, raw_clip: bytes) -> None:
    tool.starts_worker()
    tool.starts_worker("second")
    for user in ("learner-1", "learner-2"):
        async with visitor() as learner:
            await learner.goes_to(tool.lms, "own-clip", user)
            await learner.uploads(tool.tool, raw_clip)
            await until(
                lambda: is_empty(tool, "SELECT 1 FROM clip WHERE state <> 'ready'"), "a masked clip"
            )
            await learner.reloads()
            await learner.locks("42", attest="true")

    await settled(tool)
    assert len(await tool.rows("SELECT 1 FROM score")) == 2
    assert len(await tool.rows("SELECT 1 FROM reading")) == 2
    posts = (await tool.gradebook())["posts"]
    assert sorted(str(post["user_id"]) for post in posts) == ["learner-1", "learner-2"]


async def test_a_job_of_a_dead_worker_gives_way_to_one_that_was_queued_anew(
    database_url: str,
) -> None:
    read = Nudge(task="read", subject="a clip", lock="a clip")
    prepare = Nudge(task="prepare", subject="another clip", lock="another clip")
    queue = Queue(database_url)
    await queue.open()
    try:
        await queue.send(read)
        await queue.send(prepare)
        await queue.app.connector.execute_query_async(
            "UPDATE procrastinate_jobs SET status = 'doing'"
        )
        await queue.send(read)  # as the sweep does, since nothing has read the clip
    finally:
        await queue.close()

    app = make_app(database_url)
    async with app.open_async():
        await retry_stalled(app, 8.0)
        jobs = await app.job_manager.list_jobs_async()
    assert sorted((job.task_name, job.status) for job in jobs) == [
        ("prepare", "todo"),
        ("read", "todo"),
    ]


def test_the_sweep_and_the_rescue_come_every_few_seconds() -> None:
    noon = 1_764_000_000.0
    moments = croniter(every(3), noon)
    assert [moments.get_next(float) - noon for _ in range(4)] == [3, 6, 9, 12]
