"""The score service fails on demand, where that was allowed, and nowhere else."""

import asyncio
from collections.abc import Callable

from tests.unit.service.demo.conftest import Browser


async def test_faults_have_to_be_allowed(lms: Browser) -> None:
    assert (await lms.client.post("/test/outage", json={"scores": "down"})).status_code == 404
    assert (await lms.scores()).status_code == 200


async def test_a_score_service_that_is_down_answers_503_and_logs_it(
    open_lms: Callable[..., Browser],
) -> None:
    lms = open_lms(allow_faults=True)
    assert (await lms.client.post("/test/outage", json={"scores": "down"})).status_code == 204
    assert (await lms.scores()).status_code == 503
    await lms.client.post("/test/outage", json={"scores": "ok"})
    assert (await lms.scores()).status_code == 200
    assert [post["status"] for post in (await lms.gradebook())["posts"]] == [200, 503]


async def test_a_slow_score_service_stores_the_score_before_it_answers(
    open_lms: Callable[..., Browser],
) -> None:
    lms = open_lms(allow_faults=True)
    await lms.client.post("/test/outage", json={"scores": "slow", "hold_seconds": 30})
    waiting = asyncio.create_task(lms.scores())
    while not (await lms.gradebook())["grades"]:
        await asyncio.sleep(0.01)
    assert not waiting.done()
    await lms.client.post("/test/outage", json={"scores": "ok"})
    assert (await waiting).status_code == 200


async def test_an_unknown_fault_is_refused(open_lms: Callable[..., Browser]) -> None:
    lms = open_lms(allow_faults=True)
    assert (await lms.client.post("/test/outage", json={"scores": "odd"})).status_code == 400
