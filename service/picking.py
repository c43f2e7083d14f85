"""The rules of picking: a teacher chooses activities, tries them out, and the LMS gets a signed
answer. What was asked for lies in the launch's own row, and never comes from the browser."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from lti.claims import DeepLinkingSettings
from lti.claims import Launch as Claims
from lti.deep_linking import DeepLinkingRequest, Item
from lti.line_items import LineItemWish
from lti.platforms import most_points
from lti.registration import Registration as LtiRegistration
from lti.substitutions import TERMS
from service import activities
from service.i18n import _
from service.models import Activity, Kind, Launch, Picking
from service.setups import LONGEST_TITLE, Limits, Setup, kept, of_plain, typed_as, usual
from service.store import activities as rows
from service.store import clips as clip_rows
from service.store.database import Work

MOST_ITEMS = 20
STRICTEST_POINTS = 100  # of a platform that does not say which it is


class PickingRefused(Exception):
    """This cannot be chosen; the message is a sentence for the teacher."""


async def begin(work: Work, launch: Launch, claims: Claims) -> Picking:
    """Write down what the platform asked, and what it would get untouched."""
    asked = claims.deep_linking
    if asked is None:
        raise ValueError("a launch that picks has deep-linking settings")
    title = " ".join((asked.title or activities.UNNAMED).split())[:LONGEST_TITLE]
    library = len(await clip_rows.cases(work.session))
    kind = Kind.PRACTICE if library else Kind.OWN_CLIP
    picking = Picking(
        launch_id=launch.id,
        deployment_id=claims.deployment_id,
        context_id=activities.context_of(claims),
        course_title=activities.course_of(claims),
        return_url=asked.return_url,
        platform_data=asked.data,
        accepts={
            "types": list(asked.accept_types)[:20],
            "targets": list(asked.accept_targets)[:20],
            "multiple": asked.accept_multiple,
            "lineitem": asked.accept_lineitem,
        },
        typed=typed_as(usual(kind, title, library=library)),
        chosen=[],
    )
    work.session.add(picking)
    await work.session.flush()
    return picking


def takes_several(picking: Picking) -> bool:
    """Whether the answer may name more than one activity."""
    return picking.accepts["multiple"] is True


def takes_columns(picking: Picking) -> bool:
    """Whether the platform makes a column in the gradebook of what we answer."""
    return picking.accepts["lineitem"] is not False


async def limits_of(work: Work, launch: Launch, *, graded: bool = True) -> Limits:
    """What this platform and our library allow."""
    known = launch.platform_family is not None
    activity = await work.session.get_one(Activity, launch.activity_id)
    taken = await activities.met_elsewhere(work, activity, rows.WITH_CASES)
    return Limits(
        points=most_points(launch.platform_family) if known else STRICTEST_POINTS,
        graded=graded,
        cases=len(await clip_rows.cases(work.session)),
        taken=len(taken),
    )


def remember(picking: Picking, form: dict[str, str]) -> None:
    """Keep what was typed, right or wrong: nothing has to be typed twice."""
    picking.typed = kept(form)


def choose(picking: Picking, setup: Setup) -> None:
    """Put a setup beside those that are ready, and begin another."""
    if not takes_several(picking):
        raise PickingRefused(_("Your LMS takes one activity at a time here."))
    if len(picking.chosen) >= MOST_ITEMS - 1:
        raise PickingRefused(_("That's as many as fit into one answer: %(most)s.", most=MOST_ITEMS))
    picking.chosen = [*picking.chosen, setup.plain()]
    picking.typed = {
        **picking.typed,
        "title": "",
    }  # so that nobody adds the same one twice unawares
    picking.answer_ids = None


def drop(picking: Picking, place: int) -> None:
    """Take one of those that are ready away again."""
    left = [one for at, one in enumerate(picking.chosen) if at != place]
    if len(left) < len(picking.chosen):
        picking.chosen = left
        picking.answer_ids = None


def setups_of(picking: Picking) -> list[Setup]:
    """The setups that are ready."""
    return [of_plain(one) for one in picking.chosen]


async def try_out(work: Work, launch: Launch, setup: Setup, now: datetime) -> Activity:
    """The activity in which a teacher sees a setup as a learner would; it never gets a link."""
    trial = await rows.locked(work.session, launch.activity_id)
    await activities.put(work, trial, setup, now)
    return trial


def waiting(picking: Picking, launch: Launch, setup: Setup, now: datetime) -> Activity:
    """An activity without a link, in the course that it is meant for."""
    return Activity(
        id=uuid4(),
        registration_id=launch.registration_id,
        deployment_id=picking.deployment_id,
        context_id=picking.context_id,
        course_title=picking.course_title,
        **setup.columns(),
        case_ids=None,
        settings_version=0,
        settings_changed_at=now,
        created_at=now,
    )


async def answer(
    work: Work, launch: Launch, setups: Sequence[Setup], now: datetime
) -> list[Activity]:
    """The activities that the answer names. A second press names the same ones again, as they were
    chosen, so that a platform which got both has no two links to tell apart."""
    picking = await rows.picking(work.session, launch.id, lock=True)
    if len(setups) > 1 and not takes_several(picking):
        raise PickingRefused(_("Your LMS takes one activity at a time here."))
    known = [await again(work, launch, named) for named in picking.answer_ids or []]
    made: list[Activity] = []
    for place, setup in enumerate(setups):
        activity = known[place] if place < len(known) else None
        if activity is None:
            activity = waiting(picking, launch, setup, now)
            work.session.add(activity)
        if activity.settings_version == 0 or activities.is_changed(activity, setup):
            await activities.set_up(work, activity, setup, now)
        made.append(activity)
    picking.answer_ids = [str(activity.id) for activity in made]
    return made


async def again(work: Work, launch: Launch, named: str) -> Activity | None:
    """An activity of an earlier answer, for as long as no link has opened it."""
    found = await rows.of_registration(work.session, launch.registration_id, UUID(named))
    return found if found and found.resource_link_id is None else None


def request_of(
    picking: Picking, launch: Launch, registration: LtiRegistration
) -> DeepLinkingRequest:
    """The platform's question, as the LTI library knows it."""
    accepts = picking.accepts
    return DeepLinkingRequest(
        registration=registration,
        deployment_id=picking.deployment_id,
        platform_family=launch.platform_family,
        settings=DeepLinkingSettings(
            return_url=picking.return_url,
            accept_types=tuple(accepts["types"]),
            accept_targets=tuple(accepts["targets"]),
            accept_multiple=accepts["multiple"],
            accept_lineitem=accepts["lineitem"],
            data=picking.platform_data,
            title=None,
            text=None,
        ),
    )


def item_of(activity: Activity, url: str) -> Item:
    """An activity as the answer names it: an id of ours that tells nothing, and its column. How it
    is shown, in a frame or a window, stays the platform's choice: it can be shown either way."""
    return Item(
        title=activity.title,
        url=url,
        custom={activities.CUSTOM_ID: str(activity.id)} | TERMS,
        line_item=LineItemWish(
            label=activity.title,
            score_maximum=activity.points,
            resource_id=activity.id.hex,
        ),
        opens=activity.opens_at,
        closes=activity.closes_at,
    )
