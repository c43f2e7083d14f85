"""`eyeball demo` as one process tree: it starts, keeps its processes alive, and stops cleanly."""

import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx2
import psutil
import psycopg
import pytest

from service.migrations import migrate
from service.postgres import EmbeddedPostgres, connection_string
from service.running import is_free
from tests.support.processes import (
    Demos,
    Program,
    add_case,
    all_end,
    answers,
    clean_environment,
    demos,
    gradebook,
    lms_of,
    rows,
    tool_of,
    until,
)
from tests.support.visitors import Visitor, visitor
from tests.unit.inference import clips

NOWHERE = "postgresql://ada:s3cret@127.0.0.1:1/eyeball"


@pytest.fixture(scope="module")
def used() -> Iterator[Demos]:
    """A data folder in which a demo has run: it has a practice case, and needs to draw none."""
    with demos() as found:
        yield found


@pytest.fixture
async def demo(used: Demos) -> AsyncIterator[Demos]:
    """Starts demos; none is left at the end of a test."""
    if not (used.home / "postgres").exists():
        server = EmbeddedPostgres(used.home / "postgres")
        try:
            url = server.start()
            migrate(url)
            await add_case(url, used.home, 51.0)
        finally:
            server.stop()
    yield used
    used.end()


@pytest.fixture
async def ada() -> AsyncIterator[Visitor]:
    """A learner's browser."""
    async with visitor() as found:
        yield found


def is_clean(program: Program) -> bool:
    """Whether it has said nothing that would frighten anybody."""
    frightening = ("Traceback", "Fatal", "Error", "Warning", "Exception")
    return not any(word in program.said for word in frightening)


async def stopped_cleanly(demo: Demos, program: Program, offspring: list[psutil.Process]) -> None:
    """Wait for its end, and see that nothing is left and nothing went wrong."""
    assert await program.ends() == 0, program.said
    assert is_clean(program), program.said
    await all_end([*offspring, *demo.postgres], within=10)


async def test_after_kill_9_nothing_is_left_and_the_next_start_finds_everything(
    demo: Demos, ada: Visitor
) -> None:
    first = await demo.is_up()
    lms = lms_of(first)
    await ada.goes_to(lms, "practice")
    await ada.opens_case(tool_of(first))
    await ada.locks("42")
    await until(lambda: graded(lms), first)
    await ada.goes_to(lms, "own-clip")
    await ada.uploads(tool_of(first), clips.video(clips.page(clips.heart())))
    await until(lambda: first.child("inference.reader"), first)

    offspring = first.offspring
    assert len(offspring) >= 5, "web and its worker, worker, reader, LMS"
    first.kill()
    await all_end(offspring, within=15)

    second = await demo.is_up()
    assert "Drawing" not in second.said
    assert lms_of(second) == lms
    assert await graded(lms)
    await ada.goes_to(lms, "practice")
    await ada.opens_case(tool_of(second))
    assert "You said 42 %. The reference is 51 %." in ada.text
    second.is_sent(signal.SIGTERM)
    await stopped_cleanly(demo, second, second.offspring)


@pytest.mark.breadth
async def test_what_is_stopped_while_it_reads_stops_cleanly(demo: Demos, ada: Visitor) -> None:
    program = await demo.is_up()
    await ada.goes_to(lms_of(program), "own-clip", "learner-2")
    await ada.uploads(tool_of(program), clips.video(clips.page(clips.heart())))
    await until(lambda: program.child("inference.reader"), program)
    program.is_sent(signal.SIGTERM)
    await stopped_cleanly(demo, program, program.offspring)


async def graded(lms: str) -> bool:
    """Whether the LMS holds Ada's grade."""
    return [grade["score_given"] for grade in (await gradebook(lms))["grades"]] == [73.33]


@pytest.mark.breadth
async def test_a_process_that_dies_is_started_again(demo: Demos) -> None:
    program = await demo.is_up()
    for words in (("service.cli", "web"), ("service.cli", "worker"), ("service.demo",)):
        died = program.child(*words)
        assert died is not None, words
        died.kill()
        await until(
            lambda words=words, died=died: is_another(program.child(*words), died), f"{words}"
        )
    await until(lambda: answers(f"{tool_of(program)}/alive"), program)
    await until(lambda: answers(lms_of(program)), program)
    await until(lambda: has_workers(program.child("service.cli", "web")), program)

    offspring = program.offspring
    program.is_sent(signal.SIGINT)
    assert await program.ends() == 0
    await all_end([*offspring, *demo.postgres], within=10)


@pytest.mark.breadth
async def test_a_database_that_dies_is_started_again(demo: Demos, ada: Visitor) -> None:
    program = await demo.is_up()
    before = {process.pid for process in demo.postgres}
    for process in demo.postgres:
        with suppress(psutil.NoSuchProcess):  # some end with the first one
            process.kill()
    await until(lambda: "it was started again" in program.said, program)
    assert before.isdisjoint(process.pid for process in demo.postgres)
    await ada.goes_to(lms_of(program), "practice", "learner-2")
    opened = await ada.opens_case(tool_of(program))
    assert opened.status_code == 200
    assert "Case 1" in ada.text
    offspring = program.offspring
    program.is_sent(signal.SIGTERM)
    assert await program.ends() == 0
    await all_end([*offspring, *demo.postgres], within=10)


def has_workers(web: psutil.Process | None) -> bool:
    """Whether the web server is up with a worker of its own."""
    return web is not None and bool(web.children())


def is_another(found: psutil.Process | None, than: psutil.Process) -> bool:
    """Whether there is a process, and a new one."""
    return found is not None and found.pid != than.pid


async def test_two_ctrl_c_in_a_row_stop_everything_cleanly_whatever_the_lms(demo: Demos) -> None:
    program = await demo.is_up("--flavour", "moodle")
    assert "stands in for Moodle," in httpx2.get(lms_of(program)).text
    offspring = program.offspring
    for _ in range(2):
        program.is_sent(signal.SIGINT, whole_group=True)
        await until(lambda: "Stopping" in program.said, program)
    await stopped_cleanly(demo, program, offspring)
    assert "Postgres has stopped." in program.said


@pytest.mark.breadth
@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("Starting the embedded Postgres", signal.SIGINT),
        ("practice case 1", signal.SIGINT),
        ("practice case 1", signal.SIGTERM),
        ("Starting the tool", signal.SIGTERM),
    ],
)
async def test_a_start_that_is_broken_off_leaves_nothing_running(
    demo: Demos, said: str, number: signal.Signals
) -> None:
    with demos() as fresh:
        given = demo if said == "Starting the tool" else fresh
        program = given.starts()
        await program.says(said)
        offspring = program.offspring
        program.is_sent(number, whole_group=number is signal.SIGINT)
        await stopped_cleanly(given, program, offspring)


@pytest.mark.breadth
async def test_a_port_that_is_taken_makes_it_take_another_one(demo: Demos) -> None:
    with ExitStack() as taken:
        listener = taken.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = listener.getsockname()[1]
        if is_free(8000):
            taken.enter_context(socket.create_server(("127.0.0.1", 8000)))
        program = await demo.is_up(EYEBALL_PORT=str(port))
        assert tool_of(program) != f"http://127.0.0.1:{port}"
        assert lms_of(program) != "http://localhost:8000"
        assert await answers(f"{tool_of(program)}/alive")
        assert await answers(lms_of(program))


@pytest.mark.breadth
async def test_a_second_demo_with_the_same_data_is_refused_in_a_sentence(demo: Demos) -> None:
    first = await demo.is_up()
    second = demo.starts()
    assert await second.ends() == 1
    assert f"Error: Eyeball runs already with the data in {demo.home}" in second.said
    assert "Traceback" not in second.said
    assert await answers(f"{tool_of(first)}/alive")
    assert await rows_are_there(first, demo)


async def rows_are_there(first: Program, demo: Demos) -> bool:
    """Whether the first demo's database still answers."""
    url = f"postgresql://postgres:@/eyeball?host={demo.home / 'postgres'}"
    return bool(await rows(url, "SELECT 1 FROM procrastinate_workers"))


def said_by(*arguments: str, home: Path, **environment: str) -> tuple[int, str]:
    """Run a command to its end: its exit status, and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "service.cli", *arguments],
        env=clean_environment() | {"EYEBALL_HOME": str(home)} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.breadth
@pytest.mark.parametrize("command", ["demo", "serve", "web", "worker"])
def test_a_database_that_does_not_answer_is_told_in_one_sentence(
    command: str, tmp_path: Path
) -> None:
    port = {"EYEBALL_PORT": "18099"}
    status, said = said_by(command, home=tmp_path, DATABASE_URL=NOWHERE, **port)
    assert status == 1
    assert "Error: The database cannot be used: " in said
    assert "Traceback" not in said
    assert "s3cret" not in said


@pytest.mark.breadth
@pytest.mark.parametrize("command", ["web", "worker", "migrate"])
def test_a_process_without_a_database_says_what_to_set(command: str, tmp_path: Path) -> None:
    status, said = said_by(command, home=tmp_path)
    assert status == 1
    assert said.startswith("Error: No database: set DATABASE_URL, or start with `eyeball serve`")
    assert said.count("\n") == 1


@pytest.mark.breadth
def test_a_wrong_setting_is_told_in_one_sentence(tmp_path: Path) -> None:
    status, said = said_by("demo", home=tmp_path, EYEBALL_PORT="eighty")
    assert (status, said.count("\n")) == (1, 1)
    assert "EYEBALL_PORT must be a whole number" in said


@pytest.mark.breadth
def test_migrating_twice_is_harmless(database_url: str, tmp_path: Path) -> None:
    for _ in range(2):
        status, said = said_by("migrate", home=tmp_path, DATABASE_URL=database_url)
        assert status == 0, said
        assert "The schema is up to date." in said
    with psycopg.connect(connection_string(database_url)) as connection:
        planned = connection.execute("SELECT count(*) FROM anchor WHERE prepared IS NULL")
        assert planned.fetchone() == (14,), "what is drawn to compare with, by whichever worker"


@pytest.mark.breadth
def test_serving_on_a_port_that_is_taken_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        status, said = said_by("serve", home=tmp_path, EYEBALL_PORT=port)
    assert status == 1
    assert f"Port {port} is taken" in said
