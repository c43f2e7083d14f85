"""The cases that a learner should look at again by now: here, and where else in the course."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from service import history, parts
from service.history import Seen
from service.i18n import _
from service.models import Activity, Kind
from service.numbers import counted
from service.pages.easel import Easel
from service.pages.site import Here
from service.pages.trends import DueView
from service.progress import due


async def due_here(easel: Easel) -> DueView | None:
    """What is due for whoever comes to an activity; nobody is shown an answer by that."""
    here, now = easel.here, easel.site.clock()
    if here.launch.is_preview or not (await easel.begun()).has_settled:
        return None
    seen = await history.of_learner(easel.work, here.launch, now)
    numbers = await parts.places_for(easel.work, here.activity, here.launch.learner_id)
    places = {str(case): place for case, place in numbers.items()}
    return draw_due(here, seen, places, now)


def draw_due(
    here: Here, seen: Sequence[Seen], places: Mapping[str, int], now: datetime
) -> DueView | None:
    """The cases of this activity by their numbers, of the course's others how many; None where
    nothing is due."""
    opens = {} if here.activity.kind is Kind.OWN_CLIP else places
    last = {one.look.case: one.activity for one in seen if one.look is not None and one.case}
    ripe = [case for case in due(history.looks(seen), now) if case in last]
    mine = tuple(
        (_("Case %(position)s", position=opens[case]), f"{here.path}/cases/{opens[case]}/again")
        for case in ripe
        if case in opens
    )
    beside = Counter(
        last[case].title
        for case in ripe
        if case not in opens and is_beside(last[case], here.activity)
    )
    elsewhere = tuple(
        counted('"%(title)s": %(count)s case', '"%(title)s": %(count)s cases', count, title=title)
        for title, count in beside.items()
    )
    return DueView(here=mine, elsewhere=elsewhere) if mine or elsewhere else None


def is_beside(other: Activity, activity: Activity) -> bool:
    """Whether it is another activity of the same course."""
    return (
        activity.context_id is not None
        and other.id != activity.id
        and (other.registration_id, other.context_id)
        == (activity.registration_id, activity.context_id)
    )
