"""What a launch says, in the shape that Moodle 4.5 gives it."""

from typing import Any

from service.demo.lms import Lms
from service.demo.platform import (
    AGS,
    COURSE_ID,
    COURSE_TITLE,
    DEEP_LINKING,
    LTI,
    Activity,
    User,
    deep_linking_url,
)
from service.demo.store import Hint
from service.demo.tools import Client

ROSTER_CLAIM = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"


def launch_claims(
    lms: Lms, user: User, activity: Activity, hint: Hint, client: Client
) -> dict[str, Any]:
    """The claims of a resource link launch, without its times and its nonce."""
    return {
        **_everywhere(lms, user, hint, client),
        LTI + "message_type": "LtiResourceLinkRequest",
        LTI + "target_link_uri": hint.work_url or activity.url or client.launch_url,
        LTI + "resource_link": {
            "id": activity.id,
            "title": activity.title,
            "description": activity.description,
        },
        LTI + "custom": lms.flavour.custom(activity, user, lms.known_of(activity, user)),
        AGS + "claim/endpoint": _grades(lms, _told(activity)),
    }


def picking_claims(lms: Lms, user: User, hint: Hint, client: Client, ticket: str) -> dict[str, Any]:
    """The claims of a deep-linking launch; its ticket has to come back with the choice."""
    return {
        **_everywhere(lms, user, hint, client),
        LTI + "message_type": "LtiDeepLinkingRequest",
        LTI + "target_link_uri": client.launch_url,
        AGS + "claim/endpoint": _grades(lms, None),
        DEEP_LINKING + "deep_linking_settings": {
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["iframe", "window"],
            "accept_multiple": True,
            "accept_lineitem": True,
            "auto_create": True,
            "deep_link_return_url": deep_linking_url(lms.settings.lms_url),
            "data": ticket,
        },
    }


def _everywhere(lms: Lms, user: User, hint: Hint, client: Client) -> dict[str, Any]:
    return {
        "iss": lms.settings.lms_url,
        "aud": client.client_id,
        **_person(user),
        LTI + "deployment_id": client.deployment_id,
        LTI + "version": "1.3.0",
        LTI + "context": {
            "id": COURSE_ID,
            "label": COURSE_ID,
            "title": COURSE_TITLE,
            "type": ["CourseSection"],
        },
        LTI + "tool_platform": {
            "guid": "eyeball-demo-lms",
            "product_family_code": lms.flavour.family,
            "version": "1",
            "name": "Demo LMS",
            "description": "The demo LMS of Eyeball",
        },
        LTI + "launch_presentation": {
            "locale": "en",
            "document_target": hint.document_target,
            "return_url": lms.settings.lms_url + "/lti/return",
        },
        **_roster(lms),
    }


def _told(activity: Activity) -> int | None:
    bound = activity.column is None or activity.column.bound
    return activity.line_item if bound else None


def _grades(lms: Lms, line_item: int | None) -> dict[str, Any]:
    scopes = [scope for scope in lms.flavour.scopes if scope.startswith(AGS)]
    endpoint: dict[str, Any] = {"scope": scopes, "lineitems": lms.line_items_url}
    if line_item is not None:
        endpoint["lineitem"] = lms.line_item_url(line_item)
    return endpoint


def _roster(lms: Lms) -> dict[str, Any]:
    if not lms.flavour.has_roster:
        return {}
    url = lms.settings.lms_url + lms.flavour.roster()
    return {ROSTER_CLAIM: {"context_memberships_url": url, "service_versions": ["2.0"]}}


def _person(user: User) -> dict[str, Any]:
    return {
        "sub": user.id,
        "given_name": user.given_name,
        "family_name": user.family_name,
        "name": user.name,
        "email": user.email,
        LTI + "roles": [user.role],
    }
