"""The real modal client against a scripted control plane."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cbor2
import pytest
from grpclib import GRPCError, Status
from modal_proto import api_pb2

from inference import worker
from inference.cards import FOLDER, read_card
from inference.modal_reader import ModalAccess, ModalReader, ModalUnavailable, Then
from inference.reading import ClipRefused, Outcome, Reading, RefusalCode, Verdict
from inference.triaged import ClipNotAccepted, Ticket, Triaged, TriageUnavailable, Usage
from tests.unit.inference import clips
from tests.unit.inference.modal_server import TOKEN, ControlPlane, running_modal

TIMES = [frame / 30 for frame in range(48)]
ACCESS = ModalAccess(token_id=TOKEN[0], token_secret=TOKEN[1], version=7)
USAGE = Usage(
    requested_model="m",
    served_model="m",
    response="r",
    prompt_tokens=1,
    answer_tokens=2,
    thought_tokens=3,
    seconds=0.5,
)
WRONG_VIEW = Triaged(
    verdict=Verdict(
        outcome=Outcome.REJECTED, view="PLAX", checked_by="gemini", reasons=("wrong_view",)
    ),
    version="m, prompt 1, schema 1",
    usage=USAGE,
)
pytestmark = pytest.mark.filterwarnings("ignore:.*[Vv]olume.*")


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> Iterator[ControlPlane]:
    with running_modal() as found:
        monkeypatch.setenv("MODAL_SERVER_URL", found.url)
        monkeypatch.setenv("MODAL_PAYLOAD_FORMAT", "cbor")
        yield found


@pytest.fixture
def masked(tmp_path: Path) -> Path:
    return clips.stored(tmp_path, clips.timed(clips.heart(), TIMES))


async def read(masked: Path, access: ModalAccess = ACCESS, **ticket: Any) -> Reading:
    reader = ModalReader(access, reach_seconds=5, wait_seconds=1)
    return await reader.read(masked, TIMES, phantom=True, ticket=Ticket(**ticket))


async def fault(masked: Path, access: ModalAccess = ACCESS, **ticket: Any) -> Then:
    with pytest.raises(ModalUnavailable) as told:
        await read(masked, access, **ticket)
    return told.value.then


async def test_a_clip_travels_as_cbor_and_comes_back_as_the_workers_reading(
    plane: ControlPlane, masked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EYEBALL_MODELS", str(FOLDER))
    monkeypatch.setenv("EYEBALL_TRIAGE", "local")
    heard: list[object] = []

    async def started(call: str) -> None:
        arguments, _ = cbor2.loads(plane.uploaded[-1])
        plane.answers(await worker.read_clip.local(*arguments))
        heard.append(call)

    async def triaged(verdict: Triaged) -> None:
        heard.append(verdict.version)

    plane.pends()
    reading = await read(masked, on_call=started, on_triaged=triaged)
    assert reading.versions.model == read_card().name
    assert heard == ["fc-1", "local 1"]
    [get] = plane.sent["FunctionGet"]
    assert (get.app_name, get.object_tag, get.app_version) == ("eyeball-reader", "read_clip", 7)
    [(clip, request)] = [cbor2.loads(content)[0] for content in plane.uploaded]
    assert clip == masked.read_bytes()
    assert set(request) == {
        "sha256",
        "frame_times",
        "phantom",
        "frame_rate_told",
        "triaged",
        "provider",
    }


async def test_a_kept_call_is_fetched_and_nothing_is_started(
    plane: ControlPlane, masked: Path
) -> None:
    plane.answers({"status": "rejected", "refused": {"code": "no_sector", "detail": {}}})
    with pytest.raises(ClipRefused) as refused:
        await read(masked, call="fc-9")
    assert refused.value.code is RefusalCode.NO_SECTOR
    assert plane.uploaded == []
    assert plane.sent["FunctionGetOutputs"][0].function_call_id == "fc-9"


async def test_a_rejected_view_and_its_cost_are_told(plane: ControlPlane, masked: Path) -> None:
    heard: list[Triaged] = []

    async def keep(triaged: Triaged) -> None:
        heard.append(triaged)

    plane.answers({"status": "rejected", "triaged": WRONG_VIEW.to_primitives()})
    with pytest.raises(ClipNotAccepted) as rejected:
        await read(masked, on_triaged=keep)
    assert heard == [rejected.value.triaged] == [WRONG_VIEW]


async def test_a_verdict_is_kept_though_the_gpu_gave_no_answer(
    plane: ControlPlane, masked: Path
) -> None:
    heard: list[Triaged] = []

    async def keep(triaged: Triaged) -> None:
        heard.append(triaged)

    verdict = replace(WRONG_VIEW, verdict=replace(WRONG_VIEW.verdict, outcome=Outcome.ACCEPTED))
    told = {"status": "unread", "reason": "RemoteError", "triaged": verdict.to_primitives()}
    plane.answers(told)
    assert await fault(masked, on_triaged=keep) is Then.START
    assert heard == [verdict], "and the next call asks nobody"


async def test_a_check_that_failed_costs_what_it_cost(plane: ControlPlane, masked: Path) -> None:
    paid: list[Usage] = []

    async def pay(error: TriageUnavailable) -> None:
        assert error.usage is not None
        paid.append(error.usage)

    told = {"status": "unavailable", "reason": "blocked", "again": False}
    plane.answers(told | {"usage": USAGE.to_primitives()})
    with pytest.raises(TriageUnavailable) as unavailable:
        await read(masked, on_useless=pay)
    assert not unavailable.value.again
    assert paid == [USAGE]


@pytest.mark.breadth
async def test_a_call_that_runs_on_is_waited_for_by_its_id(
    plane: ControlPlane, masked: Path
) -> None:
    plane.pends()
    calls: list[str] = []

    async def keep(call: str) -> None:
        calls.append(call)

    assert await fault(masked, on_call=keep) is Then.WAIT
    assert calls == ["fc-1"]


ENDS = api_pb2.GenericResult


@pytest.mark.breadth
@pytest.mark.parametrize(
    ("result", "then"),
    [
        (ENDS(status=ENDS.GENERIC_STATUS_TIMEOUT, exception="too long"), Then.START),
        (ENDS(status=ENDS.GENERIC_STATUS_TERMINATED, exception="cancelled"), Then.START),
        (ENDS(status=ENDS.GENERIC_STATUS_FAILURE, exception="died"), Then.START),
        (ENDS(status=ENDS.GENERIC_STATUS_INIT_FAILURE, exception="no weights"), Then.START),
    ],
)
async def test_a_call_that_ended_badly_is_started_again(
    result: api_pb2.GenericResult, then: Then, plane: ControlPlane, masked: Path
) -> None:
    plane.ends(result)
    assert await fault(masked) is then


@pytest.mark.breadth
@pytest.mark.parametrize("told", [None, [], {}, {"status": "ok"}, {"status": "ok", "triaged": {}}])
async def test_an_answer_of_another_version_is_the_operators_case(
    told: object, plane: ControlPlane, masked: Path
) -> None:
    plane.answers(told)
    assert await fault(masked) is Then.OPERATOR


async def test_a_worker_that_failed_is_the_operators_case(
    plane: ControlPlane, masked: Path
) -> None:
    plane.answers({"status": "failed", "reason": "NoVerifiedWeights"})
    assert await fault(masked) is Then.OPERATOR


async def test_a_version_that_is_not_deployed_is_the_operators_case(
    plane: ControlPlane, masked: Path
) -> None:
    plane.scripted["FunctionGet"] = GRPCError(Status.NOT_FOUND, "no such version")
    assert await fault(masked) is Then.OPERATOR


async def test_a_call_that_modal_forgot_is_started_again(plane: ControlPlane, masked: Path) -> None:
    plane.scripted["FunctionGetOutputs"] = GRPCError(Status.NOT_FOUND, "no such call")
    assert await fault(masked, call="fc-0") is Then.START


@pytest.mark.breadth
async def test_an_answer_that_modal_keeps_no_longer_is_asked_for_anew(
    plane: ControlPlane, masked: Path
) -> None:
    plane.scripted["FunctionGetOutputs"] = lambda _: api_pb2.FunctionGetOutputsResponse()
    with pytest.raises(ModalUnavailable, match="no longer keeps") as told:
        await read(masked, call="fc-0")
    assert told.value.then is Then.START


async def test_a_wrong_token_is_the_operators_case(plane: ControlPlane, masked: Path) -> None:
    assert await fault(masked, replace(ACCESS, token_id="ak-bad")) is Then.OPERATOR


async def test_no_token_is_the_operators_case(plane: ControlPlane, masked: Path) -> None:
    assert await fault(masked, replace(ACCESS, token_id="", token_secret="")) is Then.OPERATOR


@pytest.mark.breadth
@pytest.mark.parametrize(("call", "then"), [(None, Then.START), ("fc-1", Then.WAIT)])
async def test_an_unreachable_modal_is_noticed_within_seconds(
    call: str | None, then: Then, masked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODAL_SERVER_URL", "http://127.0.0.1:9")
    began = time.monotonic()
    reader = ModalReader(ACCESS, reach_seconds=1)
    with pytest.raises(ModalUnavailable) as told:
        await reader.read(masked, TIMES, ticket=Ticket(call=call))
    assert told.value.then is then
    assert "api.modal.com" in str(told.value)
    assert time.monotonic() - began < 4


@pytest.mark.breadth
async def test_a_cancelled_wait_ends_at_once(plane: ControlPlane, masked: Path) -> None:
    plane.pends()
    waiting = asyncio.create_task(ModalReader(ACCESS, wait_seconds=60).read(masked, TIMES))
    while "FunctionGetOutputs" not in plane.sent:
        await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
