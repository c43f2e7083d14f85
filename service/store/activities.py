"""Activities: by their links, by what they were copied from, and before they have a link."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import MEASURES, Activity, Attempt, Deployment, Kind, Picking, Score
from service.store.asked import Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A resource link: where an LMS puts an activity."""

    registration_id: UUID
    deployment_id: str
    resource_link_id: str | None


BY_LINK = select(Activity).where(
    Activity.registration_id == bindparam("registration_id"),
    Activity.deployment_id == bindparam("deployment_id"),
    Activity.resource_link_id == bindparam("resource_link_id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is known of where a launch comes from: whether its deployment may launch, None where it
    never came before; and the activity behind its link."""

    approved: bool | None
    activity: Activity | None


PLACE = Asked(
    select(Deployment.approved, Activity)
    .outerjoin(
        Activity,
        and_(
            Activity.registration_id == Deployment.registration_id,
            Activity.deployment_id == Deployment.deployment_id,
            Activity.resource_link_id == bindparam("resource_link_id"),
        ),
    )
    .where(
        Deployment.registration_id == bindparam("registration_id"),
        Deployment.deployment_id == bindparam("deployment_id"),
    )
)


async def place(session: AsyncSession, link: Link) -> Place:
    """What is known of this link's place, in one question."""
    row = await PLACE.one_or_none(session, asdict(link))
    return (
        Place(approved=None, activity=None)
        if row is None
        else Place(approved=row[0], activity=row[1])
    )


async def by_link(session: AsyncSession, link: Link) -> Activity | None:
    """The activity behind this link."""
    return await session.scalar(BY_LINK, asdict(link))


async def alone(session: AsyncSession, link: Link) -> None:
    """One transaction at a time decides what a link opens that is not known yet."""
    whole = f"link:{link.registration_id}:{link.deployment_id}:{link.resource_link_id}"
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(whole, 0))))


async def of_registration(
    session: AsyncSession, registration_id: UUID, activity_id: UUID
) -> Activity | None:
    """The activity with this id, if it was made through this registration; locked, so that of two
    links that name it one gets it."""
    return await session.scalar(
        select(Activity)
        .where(
            Activity.id == activity_id,
            Activity.registration_id == registration_id,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def of_history(
    session: AsyncSession,
    registration_id: UUID,
    links: Sequence[str],
    contexts: Sequence[str],
) -> Activity | None:
    """What the first of these links opened that is known, in one of these courses."""
    rows = await session.scalars(
        select(Activity)
        .where(
            Activity.registration_id == registration_id,
            Activity.resource_link_id.in_(links),
            Activity.context_id.in_(contexts),
        )
        .order_by(Activity.created_at.desc())
    )
    found = {str(row.resource_link_id): row for row in reversed(rows.all())}
    return next((found[link] for link in links if link in found), None)


async def called(
    session: AsyncSession, registration_id: UUID, title: str, contexts: Sequence[str]
) -> Activity | None:
    """The activity of this title in these courses; None where there are two of them, or none."""
    rows = await session.scalars(
        select(Activity)
        .where(
            Activity.registration_id == registration_id,
            Activity.context_id.in_(contexts),
            Activity.title == title,
            Activity.settings_version > 0,
            Activity.resource_link_id.is_not(None),
        )
        .limit(2)
    )
    found = rows.all()
    return found[0] if len(found) == 1 else None


async def locked(session: AsyncSession, activity_id: UUID) -> Activity:
    """An activity whose settings are about to change."""
    return await session.get_one(
        Activity, activity_id, with_for_update=True, populate_existing=True
    )


WITH_CASES = frozenset(Kind) - {Kind.OWN_CLIP}
IN_COURSE = select(Activity).where(
    Activity.registration_id == bindparam("registration_id"),
    Activity.deployment_id == bindparam("deployment_id"),
    Activity.context_id.is_not_distinct_from(bindparam("context_id")),
    Activity.id.is_distinct_from(bindparam("id")),  # none yet, where it is being made
    Activity.settings_version > 0,
)
BESIDE = IN_COURSE.where(Activity.kind.in_(bindparam("kinds", expanding=True)))
IS_OPENED = Activity.resource_link_id.is_not(None)
BESIDE_AND_OPENED = BESIDE.where(IS_OPENED)
MEASURING_BESIDE = Asked(
    IN_COURSE.where(
        IS_OPENED, Activity.kind.in_([literal(one, Activity.kind.type) for one in MEASURES])
    )
)


async def beside(
    session: AsyncSession,
    activity: Activity,
    *,
    kinds: Collection[Kind] = WITH_CASES,
    unopened: bool = False,
) -> Sequence[Activity]:
    """The other activities of these kinds in the same course; those that nobody has opened yet, and
    perhaps nobody ever will, only if asked for."""
    given = course_of(activity) | {"kinds": list(kinds)}
    return (await session.scalars(BESIDE if unopened else BESIDE_AND_OPENED, given)).all()


def course_of(activity: Activity) -> dict[str, Any]:
    """Where to look beside an activity."""
    return {
        "registration_id": activity.registration_id,
        "deployment_id": activity.deployment_id,
        "context_id": activity.context_id,
        "id": activity.id,
    }


MEASURING = "what measures learners beside an activity"


async def measuring_beside(session: AsyncSession, activity: Activity) -> Sequence[Activity]:
    """What measures learners in the same course; asked for once a transaction, since an answer's
    every part goes by it."""
    found = session.info.setdefault(MEASURING, {})
    if activity.id not in found:
        found[activity.id] = await MEASURING_BESIDE.all(session, course_of(activity))
    return found[activity.id]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far learners have come in an activity; whoever only tries it out is not counted."""

    begun: int  # attempts
    scored: int  # attempts
    learners: int  # with a score


async def standing(session: AsyncSession, activity_id: UUID) -> Standing:
    """What a change of settings meets."""
    row = (
        await session.execute(
            select(
                func.count(Attempt.id),
                func.count(Score.attempt_id),
                func.count(func.distinct(Attempt.learner_id)).filter(Score.attempt_id.is_not(None)),
            )
            .select_from(Attempt)
            .outerjoin(Score, Score.attempt_id == Attempt.id)
            .where(Attempt.activity_id == activity_id, Attempt.preview.is_(False))
        )
    ).one()
    return Standing(*row)


async def picking(session: AsyncSession, launch_id: UUID, *, lock: bool = False) -> Picking:
    """What a teacher has chosen so far in this launch."""
    return await session.get_one(Picking, launch_id, with_for_update=lock, populate_existing=lock)
