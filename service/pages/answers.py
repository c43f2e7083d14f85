"""What stands beside an answer: why it is so, what to compare it with, and what can be asked."""

from dataclasses import replace

from inference.reading import PreparedClip
from service.attempts import Revealed
from service.i18n import _
from service.models import Attempt, Clip, ClipState
from service.pages import request_words
from service.pages.beside import beside
from service.pages.explained import draw_explained
from service.pages.site import Here, Site
from service.pages.still_address import still_of
from service.pages.views import RevealView
from service.store import regrades as regrade_rows
from service.store.database import Work


async def with_reasons(
    site: Site,
    work: Work,
    here: Here,
    attempt: Attempt,
    clip: Clip | None,
    revealed: Revealed,
    view: RevealView,
) -> RevealView:
    """The answer with all that there is to explain it."""
    asked = await regrade_rows.of_attempt(work.session, attempt.id)
    view = replace(
        view,
        regrade=request_words.for_learner(asked),
        seen_before=_(
            "You've already seen the answer for this clip. "
            "It's fine for practice but isn't scored again."
        )
        if revealed.score.seen
        else None,
    )
    if clip is None or clip.prepared is None or clip.state is ClipState.DELETED:
        return view  # its file and stills are dropped by a job, a moment after this page
    times = PreparedClip.from_primitives(clip.prepared).frame_times

    def address(frame: int) -> str:
        return still_of(site, here, revealed.clip_id, frame)

    return replace(
        view,
        explained=draw_explained(
            revealed, times, address, stills_due=clip.stills_due, now=site.clock()
        ),
        beside=await beside(site, work, here, attempt, revealed, times),
    )
