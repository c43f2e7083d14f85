"""A launch as the rest of the tool knows it, read from verified claims."""

from collections.abc import Mapping
from dataclasses import dataclass

from lti.errors import LaunchRefused
from lti.login import origin_of
from lti.migration import FormerConsumer, former_consumer
from lti.notices import notices_url
from lti.outbound import is_safe
from lti.roles import TEST_USER, Role, role_of
from lti.shape import Claims, Endpoint, MessageType, Settings
from lti.substitutions import NO_TERMS, Terms, history, terms_of


@dataclass(frozen=True, slots=True)
class GradesEndpoint:
    """Where a platform takes grades, and what it lets us do there."""

    scopes: frozenset[str]
    lineitem: str | None
    lineitems: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeepLinkingSettings:
    """What a teacher may pick, and where the browser takes the choice.

    accept_lineitem: None where the platform does not say.
    data:            the platform's own; it comes back with the choice as it came.
    title, text:     the platform's proposals for an item.
    """

    return_url: str
    accept_types: tuple[str, ...]
    accept_targets: tuple[str, ...]
    accept_multiple: bool
    accept_lineitem: bool | None
    data: str | None
    title: str | None
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A verified arrival of one person at one place of one course.

    subject:   None for an anonymous guest, who may look and is never graded.
    custom:    a teacher can edit these: never decide a right by them.
    issued_at: seconds since 1970, by the platform's clock.
    for_user:  whose work a submission review is about.
    histories: what this course or link was copied from, newest first; a teacher can edit them, too.
    notices_url: where the platform is asked for notices of copied courses, if it sends any.
    terms:     until when and how often work is taken, where the platform says so; likewise.
    former:    who the platform says it was in LTI 1.1: a claim, to be proven by its signature.
    """

    registration_id: str
    subject: str | None
    deployment_id: str
    message_type: str
    target_link_uri: str
    resource_link_id: str | None
    resource_link_title: str | None
    context_id: str | None
    context_title: str | None
    context_label: str | None
    roles: frozenset[str]
    role: Role
    given_name: str | None
    name: str | None
    locale: str | None
    document_target: str | None
    return_url: str | None
    platform_family: str | None
    custom: dict[str, str]
    grades: GradesEndpoint | None
    is_test_student: bool
    issued_at: float
    deep_linking: DeepLinkingSettings | None = None
    for_user: str | None = None
    roster_url: str | None = None
    context_history: tuple[str, ...] = ()
    resource_link_history: tuple[str, ...] = ()
    notices_url: str | None = None
    terms: Terms = NO_TERMS
    former: FormerConsumer | None = None


def read_launch(claims: Claims, *, registration_id: str) -> Launch:
    """The launch that verified claims describe."""
    roles = frozenset(claims.roles)
    link, course, shown = claims.resource_link, claims.context, claims.presentation
    platform, custom = claims.tool_platform, _texts(claims.custom or {})
    return Launch(
        registration_id=registration_id,
        subject=claims.sub or None,
        deployment_id=claims.deployment_id,
        message_type=claims.message_type,
        target_link_uri=claims.target_link_uri,
        resource_link_id=link and link.id,
        resource_link_title=link and link.title,
        context_id=course and course.id,
        context_title=course and course.title,
        context_label=course and course.label,
        roles=roles,
        role=role_of(roles),
        given_name=claims.given_name,
        name=claims.name,
        locale=(shown and shown.locale) or claims.locale,
        document_target=shown and shown.document_target,
        return_url=shown and _web_address(shown.return_url),
        platform_family=platform and platform.product_family_code,
        custom=custom,
        grades=claims.endpoint and _grades(claims.endpoint),
        is_test_student=TEST_USER in roles,
        issued_at=claims.iat,
        deep_linking=_deep_linking(claims),
        for_user=_for_user(claims),
        roster_url=(claims.members and claims.members.context_memberships_url) or None,
        notices_url=claims.notices and notices_url(claims.notices),
        context_history=history(custom.get("context_id_history", "")),
        resource_link_history=history(custom.get("resource_link_id_history", "")),
        terms=terms_of(custom),
        former=former_consumer(claims),
    )


def _web_address(url: str | None) -> str | None:
    """Only http and https: a `javascript:` return address would run in our page."""
    return url if url and origin_of(url) else None


def _texts(custom: Mapping[str, object]) -> dict[str, str]:
    """Custom values as text; null means "known, but no value here", and lists have no meaning."""
    return {
        name: str(value) for name, value in custom.items() if isinstance(value, str | int | float)
    }


def _grades(endpoint: Endpoint) -> GradesEndpoint:
    # One platform sends an empty string for "no line item".
    return GradesEndpoint(
        scopes=frozenset(endpoint.scope),
        lineitem=endpoint.lineitem or None,
        lineitems=endpoint.lineitems or None,
    )


def _for_user(claims: Claims) -> str | None:
    reviews = claims.message_type == MessageType.SUBMISSION_REVIEW
    return claims.for_user.user_id if reviews and claims.for_user else None


def _deep_linking(claims: Claims) -> DeepLinkingSettings | None:
    picks = claims.message_type == MessageType.DEEP_LINKING
    return _settings(claims.deep_linking) if picks and claims.deep_linking else None


def _settings(settings: Settings) -> DeepLinkingSettings:
    if not is_safe(settings.deep_link_return_url):
        raise LaunchRefused(
            "The learning platform wants the choice at an address that is not https.",
            code="unsafe_return_url",
        )
    return DeepLinkingSettings(
        return_url=settings.deep_link_return_url,
        accept_types=tuple(settings.accept_types),
        accept_targets=tuple(settings.accept_presentation_document_targets),
        accept_multiple=settings.accept_multiple,
        accept_lineitem=settings.accept_lineitem,
        data=settings.data,
        title=settings.title,
        text=settings.text,
    )
