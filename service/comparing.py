"""Sending one score with open eyes: what the gradebook holds is looked at before and after.

It knows no database: a Parcel comes in, an Outcome goes out.
"""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from lti.errors import PassbackRefused, PlatformUnreachable, ScopeRefused, ScoreOutdated
from lti.grades import GradesClient, Result
from lti.registration import Registration
from service.models import PassbackState

CLOSE = 0.0005  # of the maximum: platforms round
UNSEEN = "The learning platform said yes, but its gradebook does not show the score yet."
NEWER = "The gradebook holds a newer score."
GONE = "The gradebook no longer shows the score that was sent: somebody may have removed it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """All that sending needs, read in one transaction and used outside of it.

    body:      the score on the wire, the same for every try.
    share:     the grade in it, 0 to 1.
    ours:      every share of ours that the gradebook may hold, from earlier tries or grades.
    expected:  the share that it was seen to show last, so that it has to be there.
    compares:  whether anything was sent before, and Results may be read.
    checks:    whether Results may be read.
    forced:    a teacher wants it sent whatever the gradebook holds.
    repeats:   whether an earlier try may have arrived. lease: how its worker is known.
    """

    id: UUID
    registration: Registration
    line_item_url: str
    user_id: str
    body: bytes
    share: float
    ours: frozenset[float]
    expected: float | None
    compares: bool
    checks: bool
    forced: bool
    repeats: bool
    lease: object
    wait: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a try.

    state:    DUE: it has to be tried again.
    wait:     seconds that the platform asks for.
    accepted: the platform said yes. seen: its gradebook shows it.
    anew:     its time is used up: the next try is another body, with a later time.
    """

    state: PassbackState
    problem: str | None = None
    wait: float | None = None
    accepted: bool = False
    seen: bool = False
    anew: bool = False

    @classmethod
    def later(cls, problem: str, *, wait: float | None = None, accepted: bool = False) -> Self:
        """It did not go through, and may another time."""
        return cls(state=PassbackState.DUE, problem=problem, wait=wait, accepted=accepted)

    @classmethod
    def there(cls, problem: str | None = None, *, seen: bool = True) -> Self:
        """The platform has it."""
        return cls(state=PassbackState.SENT, problem=problem, accepted=True, seen=seen)

    @classmethod
    def arrived(cls, parcel: Parcel) -> Self:
        """The gradebook shows it: by an earlier try of these very bytes, or nothing had to be sent,
        and nobody said yes to anything."""
        return cls(state=PassbackState.SENT, accepted=parcel.repeats, seen=True)

    @classmethod
    def held(cls, problem: str) -> Self:
        """A person has to decide."""
        return cls(state=PassbackState.HELD, problem=problem)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a gradebook shows for a learner: a share, or nothing; `known` unless it cannot be read.

    One platform leaves a zero out: nothing may be a zero.
    """

    known: bool
    share: float | None = None
    result: Result | None = None

    def is_about(self, share: float) -> bool:
        """Whether it shows this share."""
        return self.known and abs((self.share or 0.0) - share) <= CLOSE

    def says(self, share: float) -> bool:
        """Whether it shows this share, and does show something where nothing is no zero."""
        return self.is_about(share) and (self.result is not None or share > CLOSE)

    def is_nothing(self) -> bool:
        """Whether it shows no number."""
        return self.known and self.share is None


async def send(grades: GradesClient, parcel: Parcel) -> Outcome:
    """Look, send, look again."""
    if parcel.compares:
        before = await seen_if_it_can_be(grades, parcel)
        if before.says(parcel.share):
            return Outcome.arrived(parcel)
        if not parcel.forced and (why := why_not_ours(before, parcel)):
            return Outcome.held(why)
    try:
        await grades.post_score(parcel.registration, parcel.line_item_url, parcel.body)
    except ScoreOutdated:
        return judge_outdated(await seen_if_it_can_be(grades, parcel), parcel)
    if not parcel.checks:
        return Outcome.there(seen=False)
    try:
        after = await shown(grades, parcel)
    except PlatformUnreachable as error:
        return Outcome.later(error.message, wait=error.retry_after, accepted=True)
    return judge_accepted(after, parcel)


async def seen_if_it_can_be(grades: GradesClient, parcel: Parcel) -> Shown:
    """What the gradebook holds; a teacher who has decided does not wait until it can be read."""
    try:
        return await shown(grades, parcel)
    except PlatformUnreachable as error:
        if not parcel.forced or error.retry_after is not None:
            raise
        return Shown(known=False)


async def shown(grades: GradesClient, parcel: Parcel) -> Shown:
    """What the gradebook holds now, a teacher's own grade included."""
    if not parcel.checks:
        return Shown(known=False)
    try:
        result = await grades.result(parcel.registration, parcel.line_item_url, parcel.user_id)
    except (PassbackRefused, ScopeRefused):
        return Shown(known=False)
    if result is None or result.score is None:
        return Shown(known=True, result=result)
    return Shown(known=True, share=result.score / (result.maximum or 1.0), result=result)


def why_not_ours(before: Shown, parcel: Parcel) -> str | None:
    """Why sending would go over what somebody else did; None where it would not."""
    if not before.known:
        return None
    if before.is_nothing():
        return GONE if (parcel.expected or 0.0) > CLOSE else None
    if any(before.is_about(share) for share in parcel.ours):
        return None
    return f"The gradebook holds {points(before)}, which this tool did not send."


def judge_accepted(after: Shown, parcel: Parcel) -> Outcome:
    """The platform said yes. That is no proof: a teacher's own grade wins silently on some."""
    if not after.known:
        return Outcome.there(seen=False)
    if after.says(parcel.share):
        return Outcome.there()
    if after.is_nothing() or any(after.is_about(share) for share in parcel.ours):
        return Outcome.later(UNSEEN, accepted=True)
    return Outcome.there(
        f"The learning platform took the score, but its gradebook shows {points(after)}: "
        "a grade of the teacher's own goes before it.",
        seen=False,
    )


def judge_outdated(held: Shown, parcel: Parcel) -> Outcome:
    """The platform holds a score that is as new, or newer: ours from an earlier try, or whose?"""
    if held.says(parcel.share):
        return Outcome.arrived(parcel)
    if not held.known:
        if parcel.repeats:
            return Outcome.there(
                "The platform holds this score already, or a newer one.", seen=False
            )
        if not parcel.forced:
            return Outcome.held(NEWER)
    if why_not_ours(held, parcel) and not parcel.forced:
        return Outcome.held(NEWER)
    return Outcome(state=PassbackState.DUE, problem=NEWER, anew=True)


def points(held: Shown) -> str:
    """What a gradebook shows, as a person reads it there."""
    if held.result is None or held.result.score is None:
        return "nothing"
    maximum = "" if held.result.maximum is None else f" of {held.result.maximum:g}"
    return f"{held.result.score:g}{maximum}"
