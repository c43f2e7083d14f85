"""The rules of an Activity: what a link opens, how a copied link finds its settings, and changes.

Ids and histories come in custom parameters, which a teacher can edit. So they never decide a
right: at most they tell which settings a new activity begins with, and attempts never move.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from lti.claims import Launch as Claims
from service.case_sets import balanced, parallel
from service.i18n import _, language
from service.models import MEASURES, Activity, DefaultActivity, Kind, Registration
from service.setups import LONGEST_TITLE, Read, Setup, usual
from service.store import activities as rows
from service.store import clips as clip_rows
from service.store import notices as notice_rows
from service.store.activities import Link, Standing
from service.store.database import Work
from service.tool import activity_named

CUSTOM_ID = "eyeball_activity"
CUSTOM_KIND = "activity"
UNNAMED = "Ejection fraction practice"
# What a link can ask for by itself: the others need a teacher to say more.
BY_LINK = {Kind.PRACTICE.value, Kind.OWN_CLIP.value}
# Dates belong to one run of a course: a copy begins without them.
COPIED = (
    "kind",
    "points",
    "rule",
    "case_ids",
    "picked",
    "clips_wanted",
    "counting",
    "reply_days",
    "minutes",
    "answers",
    "zone",
    "language",
)


def link_of(claims: Claims, registration: Registration) -> Link:
    """The link of this launch; one that picks has none."""
    return Link(
        registration_id=registration.id,
        deployment_id=claims.deployment_id,
        resource_link_id=claims.resource_link_id,
    )


async def of_link(
    work: Work, claims: Claims, registration: Registration, known: Activity | None, now: datetime
) -> Activity:
    """The activity behind the link of this launch. What the link says about itself counts once, at
    its first launch, or for as long as nobody has set it up.

    known: the one that the link opened before.
    """
    by_address = await named_by_address(work, claims, registration)
    if by_address is not None and is_of(by_address, claims):
        return by_address
    link = link_of(claims, registration)
    if known is None:
        await rows.alone(work.session, link)
        known = await rows.by_link(work.session, link)
    if known is None:
        return await first_opened(work, claims, link, registration, now)
    if known.settings_version == 0 and registration.default_activity is not DefaultActivity.NONE:
        by_default = usual_for(registration, known.title, await clip_rows.cases(work.session))
        await put(work, known, by_default, now)
    return known


async def named_by_address(
    work: Work, claims: Claims, registration: Registration
) -> Activity | None:
    """The activity whose column made this link: Canvas makes an assignment of each column that we
    ask for, and opens it by the address that we gave. It is that activity only in its own course.
    Anybody there may have written the address, so it never takes one that waits for its link."""
    named = activity_named(claims.target_link_uri)
    found = named and await rows.of_registration(work.session, registration.id, named)
    if not found or found.resource_link_id is None or found.context_id is None:
        return None
    return found


def is_of(activity: Activity, claims: Claims) -> bool:
    """Whether this launch comes from the course that an activity is in."""
    return activity.deployment_id == claims.deployment_id and activity.context_id == context_of(
        claims
    )


async def to_try(work: Work, claims: Claims, registration: Registration, now: datetime) -> Activity:
    """Where somebody who picks can try their choice out; it never gets a link."""
    activity = blank(claims, registration, now, UNNAMED)
    work.session.add(activity)
    await work.session.flush()
    return activity


async def first_opened(
    work: Work, claims: Claims, link: Link, registration: Registration, now: datetime
) -> Activity:
    """What a link opens that was never opened before."""
    title = (claims.resource_link_title or "").strip()[:LONGEST_TITLE]
    origin = await picked(work, claims, registration)
    if origin is not None and may_take(origin, claims):
        origin.resource_link_id = link.resource_link_id
        origin.title = title or origin.title
        await work.session.flush()
        await avoid_met(work, origin)
        return origin
    origin = origin or await copied_from(work, claims, registration)
    activity = blank(claims, registration, now, title or (origin.title if origin else UNNAMED))
    activity.resource_link_id = link.resource_link_id
    if origin is not None:
        for name in COPIED:
            setattr(activity, name, getattr(origin, name))
        activity.settings_version = min(1, origin.settings_version)
        activity.copied_from_id = origin.id
    elif (wanted := wanted_kind(claims, registration)) is not None:
        setup = usual(wanted, activity.title, library=len(await clip_rows.cases(work.session)))
        await put(work, activity, setup, now)
    work.session.add(activity)
    await work.session.flush()
    await avoid_met(work, activity)
    return activity


async def picked(work: Work, claims: Claims, registration: Registration) -> Activity | None:
    """The activity that the link's custom parameter, or its address, names, of this very
    registration."""
    try:
        named = UUID(claims.custom.get(CUSTOM_ID, ""))
    except ValueError:
        return await named_by_address(work, claims, registration)
    return await rows.of_registration(work.session, registration.id, named)


def may_take(activity: Activity, claims: Claims) -> bool:
    """Whether this link is the one that the activity was made for: it has none yet, and waits in
    this course. In any other course, its id fetches a copy of the settings and no more."""
    return activity.resource_link_id is None and is_of(activity, claims)


async def copied_from(work: Work, claims: Claims, registration: Registration) -> Activity | None:
    """What the platform says this link was copied from. Ids of links can be guessed, so they count
    only in this course and in those that it was copied from. Where it names no link, but has told
    us from which course this one was made, it is the one activity there that is called the same."""
    here = context_of(claims)
    origins = await notice_rows.origins(work.session, registration.id, here) if here else []
    if claims.resource_link_history:
        courses = [*([here] if here else []), *claims.context_history, *origins]
        found = await rows.of_history(
            work.session, registration.id, claims.resource_link_history, courses
        )
        if found is not None:
            return found
    title = (claims.resource_link_title or "").strip()[:LONGEST_TITLE]
    return await rows.called(work.session, registration.id, title, origins) if origins else None


def wanted_kind(claims: Claims, registration: Registration) -> Kind | None:
    """What a link opens that nobody has picked: what it asks for itself, or what the registration
    says; None where a teacher has to set it up first."""
    asked = claims.custom.get(CUSTOM_KIND, "")
    if asked in BY_LINK:
        return Kind(asked)
    default = registration.default_activity
    return None if default is DefaultActivity.NONE else Kind(default.value)


def usual_for(registration: Registration, title: str, library: Sequence[object]) -> Setup:
    """The registration's default activity."""
    return usual(Kind(registration.default_activity.value), title, library=len(library))


def context_of(claims: Claims) -> str | None:
    """The course, as far as we can keep its id."""
    return (claims.context_id or "")[:255] or None


def course_of(claims: Claims) -> str:
    """The course's name."""
    return (claims.context_title or claims.context_label or "")[:255]


def blank(claims: Claims, registration: Registration, now: datetime, title: str) -> Activity:
    """An activity that nobody has set up: it holds no case, so that nothing can be done in it."""
    unset = Setup(title=title, points=100.0, kind=Kind.PRACTICE, cases=0, rule="completion")
    return Activity(
        registration_id=registration.id,
        deployment_id=claims.deployment_id,
        context_id=context_of(claims),
        course_title=course_of(claims),
        **unset.columns(),
        case_ids=[],
        settings_version=0,
        settings_changed_at=now,
        created_at=now,
    )


async def set_up(
    work: Work, activity: Activity, setup: Setup, now: datetime, *, keep_cases: bool = False
) -> None:
    """A teacher sets an activity up, or changes it: in their language, which is that of whatever is
    said of it in the gradebook."""
    activity.language = language()
    await put(work, activity, setup, now, keep_cases=keep_cases)


async def put(
    work: Work, activity: Activity, setup: Setup, now: datetime, *, keep_cases: bool = False
) -> None:
    """Give an activity its settings. The cases stay the same ones while their number does, and a
    teacher chose no others; with another end, what was done by the end is graded anew."""
    if activity.closes_at != setup.closes_at:
        activity.closed_at = None
    anew = (activity.kind is Kind.PRE_POST) is not (setup.kind is Kind.PRE_POST)
    anew = anew or (activity.picked or []) != list(setup.picked)
    for name, value in setup.columns().items():
        setattr(activity, name, value)
    if setup.kind is Kind.OWN_CLIP:
        activity.case_ids = None
    elif not keep_cases and (
        anew or not activity.case_ids or len(activity.case_ids) != setup.cases_in_all
    ):
        activity.case_ids = await chosen_cases(work, activity, setup)
    activity.settings_version += 1
    activity.settings_changed_at = now


async def chosen_cases(work: Work, activity: Activity, setup: Setup) -> list[str] | None:
    """A balanced set of so many cases; while the library is empty, all that it will have.

    It takes cases that its course has not met, for only the first look at a case counts, not even
    in what was added a moment ago; where the library has too few of them, at least none by which
    something measures learners.
    """
    library = await clip_rows.cases(work.session)
    if not library:
        return None
    if setup.picked:
        return [str(library[n - 1].id) for n in setup.picked if n <= len(library)]
    chosen = library
    # The fewer of a learner's other cases, the better.
    for kinds, unopened in ((MEASURES, False), (rows.WITH_CASES, False), (rows.WITH_CASES, True)):
        met = await met_elsewhere(work, activity, kinds, unopened=unopened)
        fresh = [case for case in library if str(case.id) not in met]
        chosen = fresh if len(fresh) >= setup.cases_in_all else chosen
    known = [(str(case.id), case.reference_lvef) for case in chosen]
    if setup.kind is Kind.PRE_POST:
        return parallel(known, setup.cases)
    return balanced(known, setup.cases)


async def met_elsewhere(
    work: Work, activity: Activity, kinds: Collection[Kind], *, unopened: bool = False
) -> set[str]:
    """The cases of this course's other activities of these kinds."""
    found: set[str] = set()
    for other in await rows.beside(work.session, activity, kinds=kinds, unopened=unopened):
        cases = await clip_rows.cases_of(work.session, other)
        found.update(str(case.id) for case in cases)
    return found


async def avoid_met(work: Work, activity: Activity) -> None:
    """Of what measures learners, choose other cases at its first opening, where this course has met
    some of them: nobody has begun yet."""
    if activity.case_ids and not activity.picked and await shared(work, activity):
        setup = as_setup(activity, library=len(activity.case_ids))
        activity.case_ids = await chosen_cases(work, activity, setup)
        await work.session.flush()


async def shared(work: Work, activity: Activity) -> int:
    """How many cases of what measures learners they may meet elsewhere in this course."""
    if activity.kind not in MEASURES:
        return 0
    met = await met_elsewhere(work, activity, rows.WITH_CASES)
    cases = await clip_rows.cases_of(work.session, activity)
    return sum(str(case.id) in met for case in cases)


def is_changed(activity: Activity, setup: Setup) -> bool:
    """Whether a setup says anything new."""
    held = {name: getattr(activity, name) for name in setup.columns()}
    cases = 0 if activity.kind is Kind.OWN_CLIP else len(activity.case_ids or [])
    differ = cases != setup.cases_in_all and activity.case_ids is not None
    return held != setup.columns() or differ


def why_not(activity: Activity, setup: Setup, standing: Standing, *, seen: str) -> str | None:
    """Why settings cannot be changed so, as a sentence; `seen` is the version that was shown."""
    if seen != str(activity.settings_version):
        return _(
            "Somebody has changed these settings since you opened this page. "
            "What you typed is still here: look at it once more, then save."
        )
    if setup.kind is not activity.kind and not may_change_kind(standing):
        return _(
            "Learners have begun, so what they do can't become something else. "
            "Add a new activity instead."
        )
    return None


def may_change_kind(standing: Standing) -> bool:
    """Once a learner has begun, what they do cannot become something else."""
    return standing.begun == 0


def keeps_cases(activity: Activity, standing: Standing) -> bool:
    """Once a learner has begun what measures them, its cases stay: of two parts, others would move
    estimates from one part to the other."""
    return activity.kind in MEASURES and not may_change_kind(standing)


def with_cases_kept(found: Read, activity: Activity, *, library: int) -> Read:
    """What was read from a form, or a sentence where it has other cases than learners have met."""
    if found.setup is None:
        return found
    held, wrong = as_setup(activity, library=library), {}
    said = _("Somebody has begun: the cases stay as they are.")
    if found.setup.picked != held.picked:
        wrong["which"] = said
    elif found.setup.cases != held.cases:
        wrong["in_a_part" if held.kind is Kind.PRE_POST else "cases"] = said
    return Read(None, wrong) if wrong else found


def as_setup(activity: Activity, *, library: int) -> Setup:
    """An activity's settings, to be shown in a form."""
    cases = library if activity.case_ids is None else len(activity.case_ids)
    if activity.kind is Kind.PRE_POST:
        cases //= 2
    return Setup(
        title=activity.title,
        points=activity.points,
        kind=activity.kind,
        cases=0 if activity.kind is Kind.OWN_CLIP else cases,
        rule=activity.rule,
        picked=tuple(activity.picked or ()),
        clips=activity.clips_wanted,
        counting=activity.counting,
        reply_days=activity.reply_days,
        minutes=activity.minutes,
        answers=activity.answers,
        opens_at=activity.opens_at,
        closes_at=activity.closes_at,
        second_opens_at=activity.second_opens_at,
        zone=activity.zone,
    )
