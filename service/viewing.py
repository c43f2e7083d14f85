"""The check of a clip's view, as a worker goes about it: what is known, what may be asked, and
what becomes of a clip that nobody has confirmed."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from inference.modal_reader import ModalUnavailable, Then
from inference.reading import InferenceError, Outcome, Verdict
from inference.triaged import (
    GEMINI,
    ClipNotAccepted,
    Ticket,
    Triaged,
    TriageUnavailable,
    Usage,
    triage_key,
)
from service.cloud_settings import Cloud, ViewCheck
from service.models import Clip, Hold, Paid, SpendState
from service.spending import Caps, end, reserve
from service.store import clips as clip_rows
from service.store import views as rows
from service.store.database import Database, Work

log = logging.getLogger(__name__)

OFF = Triaged(
    verdict=Verdict(
        outcome=Outcome.UNSURE,
        view="unknown",
        checked_by=ViewCheck.OFF.value,
        reasons=("view_check_off",),
    ),
    version="off",
)


def by_teacher(*, accepted: bool) -> Triaged:
    """A teacher's word as a verdict."""
    return Triaged(
        verdict=Verdict(
            outcome=Outcome.ACCEPTED if accepted else Outcome.REJECTED,
            view="A4C" if accepted else "other",
            checked_by=ViewCheck.TEACHER.value,
            reasons=() if accepted else ("wrong_view",),
        ),
        version="teacher",
    )


class AwaitsTeacher(InferenceError):
    """Here a teacher looks at every clip before it is read, and none has yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewing:
    """The view check of one worker."""

    database: Database
    cloud: Cloud
    clock: Callable[[], datetime]

    async def ticket(self, clip: Clip) -> Ticket:
        """What the reader may use, with what it may cost written down already.

        raises: ClipNotAccepted, AwaitsTeacher, TriageUnavailable: nothing may be read now.
        """
        async with self.database.begin() as work:
            triaged = None if clip.phantom else await self.known(work, clip)
            if triaged is not None and triaged.verdict.outcome is Outcome.REJECTED:
                raise ClipNotAccepted(triaged)
            unknown = triaged is None and not clip.phantom
            if unknown and self.cloud.view_check is ViewCheck.TEACHER:
                raise AwaitsTeacher
            if clip.call is None:
                await self._reserve(work, clip, asks=unknown)
        return self._ticket(clip, triaged)

    async def known(self, work: Work, clip: Clip) -> Triaged | None:
        """A teacher's word, or a verdict on this very picture, or that none is wanted."""
        ruling = await rows.ruling(work.session, clip)
        if ruling is not None:
            return by_teacher(accepted=ruling.accepted)
        if self.cloud.view_check is ViewCheck.OFF:
            return OFF
        if self.cloud.view_check is ViewCheck.GEMINI:
            kept = await rows.kept(work.session, self._key(clip))
            return None if kept is None else Triaged.from_primitives(kept)
        return None

    def _key(self, clip: Clip) -> str:
        return triage_key(clip.masked_sha256 or "", self.cloud.triage.model)

    async def _reserve(self, work: Work, clip: Clip, *, asks: bool) -> None:
        caps, now = Caps(self.cloud), self.clock()
        if asks and self.cloud.view_check is ViewCheck.GEMINI:
            await reserve(work, Paid.GEMINI, clip.id, caps, now)
        if self.cloud.modal is not None:
            await reserve(work, Paid.MODAL, clip.id, caps, now)

    def _ticket(self, clip: Clip, triaged: Triaged | None) -> Ticket:
        async def on_triaged(found: Triaged) -> None:
            await self._keep(clip, found)

        async def on_useless(error: TriageUnavailable) -> None:
            state = SpendState.ANSWERED if error.of_clip else SpendState.FAILED
            await self._end(clip.id, Paid.GEMINI, state, error.usage)

        async def on_call(call: str) -> None:
            await self._set_call(clip.id, call)

        return Ticket(
            triaged=triaged,
            call=clip.call,
            on_triaged=on_triaged,
            on_useless=on_useless,
            on_call=on_call,
        )

    async def _keep(self, clip: Clip, found: Triaged) -> None:
        """A verdict is kept before its clip is read, without what it cost: that is a row of its
        own."""
        if found.verdict.checked_by != GEMINI:
            return
        body = replace(found, usage=None).to_primitives()
        async with self.database.begin() as work:
            await rows.keep(work.session, self._key(clip), body, self.clock())
            await end(
                work, Paid.GEMINI, clip.id, SpendState.ANSWERED, self.clock(), usage=found.usage
            )
            now = await clip_rows.by_id(work.session, clip.id, lock=True)
            if now.masked_key == clip.masked_key:
                now.triage = body

    async def _end(
        self, clip_id: UUID, service: Paid, state: SpendState, usage: Usage | None = None
    ) -> None:
        async with self.database.begin() as work:
            await end(work, service, clip_id, state, self.clock(), usage)

    async def _set_call(self, clip_id: UUID, call: str) -> None:
        async with self.database.begin() as work:
            (await clip_rows.by_id(work.session, clip_id, lock=True)).call = call

    async def came_to(self, read: Clip, error: Exception | None) -> None:
        """Close the books on a try, and hold the clip where its view is the reason."""
        async with self.database.begin() as work:
            clip = await clip_rows.by_id(work.session, read.id, lock=True)
            started = clip.call is not None
            if not isinstance(error, ModalUnavailable) or error.then is not Then.WAIT:
                clip.call = None
            if clip.call is None:
                await self._settle_books(work, clip, error, started=started)
            if clip.masked_key == read.masked_key:
                self._hold(clip, error)

    async def _settle_books(
        self, work: Work, clip: Clip, error: Exception | None, *, started: bool
    ) -> None:
        now, failed = self.clock(), SpendState.FAILED
        lost = isinstance(error, ModalUnavailable)
        asked = isinstance(error, TriageUnavailable) or (lost and started)
        await end(work, Paid.GEMINI, clip.id, failed if asked else SpendState.SPARED, now)
        called = SpendState.ANSWERED if started else SpendState.SPARED
        await end(work, Paid.MODAL, clip.id, failed if lost and started else called, now)

    def _hold(self, clip: Clip, error: Exception | None) -> None:
        if isinstance(error, ClipNotAccepted):
            clip.hold = Hold.WRONG_VIEW
            clip.triage = replace(error.triaged, usage=None).to_primitives()
        elif isinstance(error, AwaitsTeacher):
            clip.hold = Hold.TEACHER
            clip.teacher_asked_at = clip.teacher_asked_at or self.clock()
        elif isinstance(error, TriageUnavailable):
            clip.hold = Hold.UNAVAILABLE
        elif error is None:
            clip.hold = None
