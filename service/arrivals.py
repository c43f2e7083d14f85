"""From a browser at our door to a Launch: the login's row, and the verified token."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from lti.claims import Launch as Claims
from lti.errors import LaunchRefused, LoginRefused
from lti.login import LOGIN_VALIDITY, LoginStart, origin_of
from lti.login import LoginState as LtiState
from lti.outbound import is_safe, plain_origin
from lti.roles import Role
from lti.shape import MessageType
from service import activities, columns, consumer_keys, events, notices, picking, rosters
from service.models import (
    Activity,
    EventKind,
    EventOutcome,
    Launch,
    Learner,
    LoginState,
    Registration,
)
from service.models.launch import TEST_STUDENT
from service.signing import Signer, fingerprint, new_secret
from service.store import activities as activity_rows
from service.store import attempts as attempt_rows
from service.store import launches as rows
from service.store import registrations as registration_rows
from service.store.database import Work
from service.tool import reviewed

LAUNCH_LASTS = timedelta(hours=12)
LONGEST_ADDRESS = 2048
OPENS_AN_ACTIVITY = {MessageType.RESOURCE_LINK, MessageType.SUBMISSION_REVIEW}
DEEP_LINKING = MessageType.DEEP_LINKING


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A new launch, and the secret that only its browser gets."""

    launch: Launch
    activity: Activity
    learner: Learner | None
    handle: str
    review_of: UUID | None = None


async def remember_login(
    session: AsyncSession, start: LoginStart, storage_target: str | None, now: datetime
) -> str:
    """Write the login's one row; return the key by which its browser will be known again."""
    if too_long(start.state.target_link_uri) or len(start.state.deployment_id or "") > 255:
        raise LoginRefused("A parameter of this login is too long.", code="parameter_too_long")
    browser_key = new_secret()
    row = LoginState(
        state=start.state.state,
        nonce=start.state.nonce,
        browser_key_hash=fingerprint(browser_key),
        registration_id=UUID(start.state.registration_id),
        deployment_id=start.state.deployment_id,
        target_link_uri=start.state.target_link_uri,
        params=start.state.params,
        storage_target=storage_target,
        expires_at=now + LOGIN_VALIDITY,
    )
    event = events.logged(
        EventKind.LOGIN,
        EventOutcome.OK,
        now,
        registration_id=row.registration_id,
        reference=events.reference_of(row.state),
    )
    await rows.begin_login(session, row, event)
    return browser_key


def lti_state(row: LoginState) -> LtiState:
    """A login's row as the LTI library knows it."""
    return LtiState(
        state=row.state,
        nonce=row.nonce,
        registration_id=str(row.registration_id),
        deployment_id=row.deployment_id,
        target_link_uri=row.target_link_uri,
        params=row.params,
        expires_at=row.expires_at,
    )


def waits_for_approval(claims: Claims, registration: Registration) -> LaunchRefused:
    """Not yet let in; whoever reads it is told whom to tell what."""
    if not registration.approved:
        return LaunchRefused(
            "Your LMS is connected, and waits for the approval of whoever runs this tool. "
            f"Tell them the client id: {registration.client_id[:64]}",
            code="registration_waits",
        )
    return LaunchRefused(
        "This installation of the tool waits for its operator's approval. "
        f"Tell them the deployment id: {claims.deployment_id[:64]}",
        code="unknown_deployment",
    )


async def arrive(
    work: Work,
    claims: Claims,
    registration: Registration,
    *,
    reference: str,
    signer: Signer,
    cookieless: bool,
    now: datetime,
) -> Arrival | None:
    """Make a Launch of a verified token; a new secret each time, so that none can be planted. None
    where its operator has to let it in first: then the deployment is written down to wait.

    reference: of the login, under which its launch is found too.
    """
    picks = claims.message_type == DEEP_LINKING
    if picks:
        check_may_pick(claims)
    elif claims.message_type not in OPENS_AN_ACTIVITY or claims.resource_link_id is None:
        raise LaunchRefused(
            "This tool opens from an activity in a course.", code="unsupported_message"
        )
    place = await activity_rows.place(work.session, activities.link_of(claims, registration))
    if not await is_let_in(work, claims, registration, place.approved, signer, now):
        return None
    if picks:
        activity = await activities.to_try(work, claims, registration, now)
    else:
        activity = await activities.of_link(work, claims, registration, place.activity, now)
    learner = await learner_of(work, claims, registration, now)
    await rosters.remember(work, claims, registration)
    await notices.offer(work, claims, registration, now)
    handle = new_secret()
    launch = Launch(
        id=uuid4(),
        handle_hash=fingerprint(handle),
        cookieless=cookieless,
        registration_id=registration.id,
        activity_id=activity.id,
        picks=picks,
        learner_id=learner.id if learner else None,
        role=TEST_STUDENT if claims.is_test_student else claims.role.value,
        locale=(claims.locale or "")[:35] or None,
        line_item_url=None if picks else await columns.of_launch(work, claims, activity, now),
        platform_family=(claims.platform_family or "")[:64] or None,
        frame_origins=frame_origins(claims, registration),
        return_url=way_back(claims, registration),
        due_at=claims.terms.due_at,
        attempts_allowed=claims.terms.attempts_allowed,
        attempts_used=claims.terms.attempts_used,
        created_at=now,
        expires_at=now + LAUNCH_LASTS,
    )
    event = events.logged(
        EventKind.LAUNCH,
        EventOutcome.OK,
        now,
        registration_id=registration.id,
        learner_id=launch.learner_id,
        reference=reference,
        ahead=claims.issued_at - now.timestamp(),
    )
    await rows.open_launch(work.session, launch, event)
    if picks:
        await picking.begin(work, launch, claims)
    return Arrival(
        launch=launch,
        activity=activity,
        learner=learner,
        handle=handle,
        review_of=await review_of(work, claims, launch),
    )


async def is_let_in(
    work: Work,
    claims: Claims,
    registration: Registration,
    approved: bool | None,
    signer: Signer,
    now: datetime,
) -> bool:
    """Whether this deployment may launch: its operator has approved it, or knows who it was before,
    by a key of LTI 1.1. A registration that waits itself is never let in so."""
    if not registration.approved:
        return False
    if approved is None:
        approved = await registration_rows.meet_deployment(
            work.session, registration, claims.deployment_id, now
        )
    return approved or await consumer_keys.lets_in(work, claims, registration, signer, now)


async def review_of(work: Work, claims: Claims, launch: Launch) -> UUID | None:
    """Whose work staff wants to see. Anybody in a course can have an LMS ask for anybody's (seen in
    Moodle: it is an address), so the role decides: a learner sees their own, as always."""
    if not launch.is_staff or launch.picks:
        return None
    if claims.for_user is None:
        return await learner_reviewed(work, claims.target_link_uri, launch)
    found = await rows.known_learner(work.session, launch.registration_id, claims.for_user)
    return found.id if found else None


async def learner_reviewed(work: Work, target_link_uri: str, launch: Launch) -> UUID | None:
    """Whose grade led here: Canvas's SpeedGrader opens the address that came with a score, by a
    launch like any other."""
    attempt_id = reviewed(target_link_uri)
    attempt = await attempt_rows.by_id(work.session, attempt_id) if attempt_id else None
    if attempt is None or attempt.preview or attempt.activity_id != launch.activity_id:
        return None
    return attempt.learner_id


def check_may_pick(claims: Claims) -> None:
    """A learner can make some platforms start this, by an address alone."""
    if claims.is_test_student or claims.role in {Role.LEARNER, Role.OBSERVER}:
        raise LaunchRefused(
            "Only somebody who teaches this course can add activities to it.",
            code="may_not_pick",
        )
    wanted = claims.deep_linking.return_url if claims.deep_linking else ""
    if plain_origin(wanted) is None:
        raise LaunchRefused(
            "The learning platform wants the choice at an address that we cannot send it to.",
            code="unsafe_return_url",
        )


def way_back(claims: Claims, registration: Registration) -> str | None:
    """Where the platform wants people back: over https, at an origin of its own, else nowhere."""
    url = claims.return_url
    if url is None or too_long(url) or not is_safe(url):
        return None
    own = {origin_of(registration.issuer), origin_of(registration.auth_login_url)}
    return url if origin_of(url) in own else None


async def learner_of(
    work: Work, claims: Claims, registration: Registration, now: datetime
) -> Learner | None:
    """Who arrives; nobody where the platform does not say."""
    if claims.subject is None:
        return None
    name = (claims.name or claims.given_name or "").strip()[:255] or None
    return await rows.learner_of(work.session, registration.id, claims.subject, name, now)


def too_long(address: str) -> bool:
    """Whether this address is longer than we can keep."""
    return len(address) > LONGEST_ADDRESS


def frame_origins(claims: Claims, registration: Registration) -> str:
    """Who may frame this launch's pages: the platform's own origins and nobody else's."""
    found = [
        plain_origin(url)
        for url in (registration.issuer, registration.auth_login_url, claims.return_url or "")
    ]
    return " ".join(dict.fromkeys(origin for origin in found if origin))
