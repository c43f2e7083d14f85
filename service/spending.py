"""What may be spent a day, written down before it is spent; and who is not asked for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from inference.reading import ReaderUnavailable
from inference.triaged import TriageUnavailable, Usage
from service.cloud_settings import Cloud
from service.models import Paid, Spend, SpendState
from service.store import spending as rows
from service.store.database import Work

# US dollars for a million tokens in and out (list prices of 2026-11; a model that is not in the
# list is counted as the dearest of it). Thoughts are billed as output.
PRICES = {
    "gemini-2.5-flash": (0.30, 2.50),
    "gemini-3.5-flash-lite": (0.30, 2.50),
    "gemini-3.8-flash": (1.50, 7.50),
}
DEAREST = (1.50, 7.50)
MOST_TOKENS = (3200, 2048)  # eight pictures and our words in; the limit that we set out
# A T4, two cores and 4 GiB for 15 s of start, 3 s of work and 20 s of idling, and the CPU
# container that checks: what a clip costs that comes alone. See the README.
MODAL_CALL = 0.009

FAILURES_IN_A_ROW = 5
REST = timedelta(minutes=2)


class NotAsked(TriageUnavailable):
    """No view was asked about, to spare money or a service that is down; words for the log."""


class NotStarted(ReaderUnavailable):
    """No reading was started: today's money is spent."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How much a day, and for which model."""

    cloud: Cloud

    def of(self, service: Paid) -> float:
        """The most that a day may cost."""
        return self.cloud.gemini_dollars if service is Paid.GEMINI else self.cloud.modal_dollars

    def most(self, service: Paid) -> float:
        """The most that one call may cost."""
        if service is Paid.MODAL:
            return MODAL_CALL
        return price(self.cloud.triage.model, *MOST_TOKENS)


def price(model: str, tokens_in: int, tokens_out: int) -> float:
    """Dollars for one question."""
    dollars_in, dollars_out = PRICES.get(model, DEAREST)
    return (tokens_in * dollars_in + tokens_out * dollars_out) / 1e6


def cost(usage: Usage) -> float:
    """Dollars for a question that was answered."""
    tokens_out = usage.answer_tokens + usage.thought_tokens
    return price(usage.requested_model, usage.prompt_tokens, tokens_out)


async def reserve(work: Work, service: Paid, clip_id: UUID, caps: Caps, now: datetime) -> None:
    """Write a call down with the most that it may cost, or raise NotAsked or NotStarted."""
    await rows.one_at_a_time(work.session, service)
    if service is Paid.GEMINI and await rests(work, now):
        raise NotAsked("the view check has failed several times in a row: it rests")
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    spent = await rows.spent_since(work.session, service, midnight)
    if spent + caps.most(service) > caps.of(service):
        words = f"today's ${caps.of(service):g} for {service} are spent"
        raise NotAsked(words) if service is Paid.GEMINI else NotStarted(words)
    work.session.add(
        Spend(
            service=service,
            clip_id=clip_id,
            state=SpendState.OPEN,
            dollars=caps.most(service),
            created_at=now,
        )
    )


async def rests(work: Work, now: datetime) -> bool:
    """The breaker: after failures in a row one call is let through every two minutes."""
    last = await rows.ended(work.session, Paid.GEMINI, FAILURES_IN_A_ROW)
    failed = [row for row in last if row.state is SpendState.FAILED]
    if len(failed) < FAILURES_IN_A_ROW:
        return False
    probed_since = now - REST
    if await rows.began_since(work.session, Paid.GEMINI, probed_since):
        return True
    return any(row.ended_at is not None and row.ended_at > probed_since for row in failed)


async def end(
    work: Work,
    service: Paid,
    clip_id: UUID,
    state: SpendState,
    now: datetime,
    usage: Usage | None = None,
) -> None:
    """Write down what came of a call. One that failed without a bill keeps the most that it may
    have cost: the answer may have been lost on its way."""
    row = await rows.open_for(work.session, service, clip_id)
    if row is None:
        return
    row.state, row.ended_at = state, now
    if state is SpendState.SPARED:
        row.dollars = 0.0
    if usage is not None:
        told: dict[str, Any] = usage.to_primitives()
        row.usage, row.dollars = told, cost(usage)
