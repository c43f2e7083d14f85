"""`eyeball doctor`: each part is tried by using it, and each finding is a sentence to act on."""

from dataclasses import replace
from pathlib import Path

import pytest

from inference.client import PhantomCase
from inference.reading import Outcome, Verdict
from inference.triaged import GEMINI, Triaged
from service.clock import utc_now
from service.doctor import check_address, check_keys, examine_all
from service.doctor_reading import Finding, check_reader, check_view, drawn_heart
from service.keys import ensure_key
from service.reading import make_reader
from service.settings import Settings
from service.signing import Signer
from service.store.database import Database
from tests.unit.inference.modal_server import TOKEN, running_modal

ANOTHER_VIEW = Triaged(
    verdict=Verdict(outcome=Outcome.REJECTED, view="PLAX", checked_by=GEMINI, reasons=("x",)),
    version="gemini-3.5-flash-lite, prompt 1, schema 1",
)
NOWHERE = "postgresql+psycopg://nobody:secret@127.0.0.1:9/none"


def settings(home: Path, **environment: str) -> Settings:
    """A deployment's settings, as the environment would give them."""
    return Settings.from_environment({"EYEBALL_HOME": str(home), **environment})


async def said(found: Settings) -> tuple[bool, list[str]]:
    """Whether all is well, and every line."""
    lines: list[str] = []
    return await examine_all(found, lines.append), lines


@pytest.mark.breadth
async def test_a_fresh_deployment_is_told_what_is_still_to_do(
    database_url: str, tmp_path: Path
) -> None:
    well, lines = await said(replace(settings(tmp_path), database_url=database_url))
    assert not well
    assert [line[:5] for line in lines] == [
        *["fine "] * 5,  # folder, address, database, clips, keys
        *["LOOK "] * 2,  # no LMS, no worker
        "     ",
        *["fine "] * 4,  # reader, outlines of real and of drawn hearts, view check
    ]
    assert "eyeball invite" in lines[5]
    assert "eyeball worker" in lines[6]
    assert "read a drawn heart of" in lines[8]
    assert "beats where they were drawn" in lines[10]
    assert not list(tmp_path.rglob("*.mp4")), "nothing is left behind"


@pytest.mark.breadth
async def test_without_its_database_all_else_is_tried(tmp_path: Path) -> None:
    well, lines = await said(settings(tmp_path, DATABASE_URL=NOWHERE))
    assert not well
    assert any(line.startswith("LOOK  Database: no answer") for line in lines)
    assert any("not tried without the database" in line for line in lines)
    assert lines[-4].startswith("fine  Reader")
    assert "secret" not in " ".join(lines)


async def test_an_address_where_nobody_answers_is_told_with_what_to_look_at(tmp_path: Path) -> None:
    here = await check_address(settings(tmp_path))
    assert here.fine
    assert "this machine only" in here.sentence
    found = await check_address(
        settings(tmp_path, EYEBALL_PUBLIC_URL="https://tool.invalid", EYEBALL_PORT="8123")
    )
    assert not found.fine
    assert "127.0.0.1:8123" in found.sentence


async def test_another_secret_than_the_keys_were_made_with_is_noticed(
    database_url: str, tmp_path: Path
) -> None:
    database = Database(database_url)
    await ensure_key(database, Signer("the first"), utc_now())
    await database.engine.dispose()
    ours = replace(settings(tmp_path, EYEBALL_SECRET="the first"), database_url=database_url)
    assert "the secret opens each" in (await check_keys(ours)).sentence
    other = await check_keys(replace(ours, secret="another"))
    assert not other.fine
    assert "EYEBALL_SECRET" in other.sentence


@pytest.mark.breadth
async def test_a_reader_on_modal_is_tried_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"MODAL_TOKEN_ID": TOKEN[0], "MODAL_TOKEN_SECRET": TOKEN[1]}
    there = settings(tmp_path, EYEBALL_READER="modal", **given)
    heart = await drawn_heart(tmp_path)
    with running_modal() as plane:
        monkeypatch.setenv("MODAL_SERVER_URL", plane.url)
        plane.answers({"status": "failed", "reason": "NoVerifiedWeights"})
        found = await check_reader(there, heart)
        asks = settings(tmp_path, EYEBALL_READER="modal", EYEBALL_TRIAGE="gemini", **given)
        plane.answers({"status": "rejected", "triaged": ANOTHER_VIEW.to_primitives()})
        answered = await check_view(asks, heart)
        plane.answers({"status": "unavailable", "reason": "403", "again": False, "usage": None})
        silent = await check_view(asks, heart)
    assert found.sentence == "Reader: the reader failed: NoVerifiedWeights."
    assert "FunctionMap" in plane.sent
    assert answered.fine, "whatever it thinks of a drawn heart"
    assert "gemini-3.5-flash-lite, prompt 1, schema 1 answered" in answered.sentence
    assert not silent.fine
    assert "eyeball-triage" in silent.sentence


@pytest.mark.breadth
async def test_a_modal_that_reads_by_other_weights_than_the_pages_name_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"MODAL_TOKEN_ID": TOKEN[0], "MODAL_TOKEN_SECRET": TOKEN[1]}
    there = settings(tmp_path, EYEBALL_READER="modal", **given)
    heart = await drawn_heart(tmp_path)
    assert isinstance(heart, PhantomCase)
    times = heart.prepared.frame_times
    reading = await make_reader(settings(tmp_path)).read(heart.path, times, phantom=True)
    other = replace(reading, versions=replace(reading.versions, model_sha256="0" * 64))
    triaged = Triaged(verdict=reading.verdict, version="local 1").to_primitives()
    findings: list[Finding] = []
    with running_modal() as plane:
        monkeypatch.setenv("MODAL_SERVER_URL", plane.url)
        for each in (reading, other):
            told = {"status": "ok", "reading": each.to_primitives(), "triaged": triaged}
            plane.answers(told)
            findings.append(await check_reader(there, heart))
    assert [finding.fine for finding in findings] == [True, False]
    assert "eyeball modal deploy" in findings[1].sentence
