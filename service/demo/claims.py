"""What a launch says, in the shape that Moodle 4.5 gives it."""

from typing import Any

from service.demo.platform import (
    AGS,
    COURSE_ID,
    COURSE_TITLE,
    PRODUCT_FAMILY_CODE,
    SCOPES,
    Activity,
    User,
    line_item_url,
    line_items_url,
)
from service.demo.settings import DemoSettings
from service.demo.store import Hint
from service.demo.tools import Client

LTI = "https://purl.imsglobal.org/spec/lti/claim/"


def launch_claims(
    settings: DemoSettings, user: User, activity: Activity, hint: Hint, client: Client
) -> dict[str, Any]:
    """The claims of a resource link launch, without its times and its nonce."""
    return {
        "iss": settings.lms_url,
        "aud": client.client_id,
        **_person(user),
        LTI + "deployment_id": client.deployment_id,
        LTI + "version": "1.3.0",
        LTI + "message_type": "LtiResourceLinkRequest",
        LTI + "target_link_uri": client.launch_url,
        LTI + "context": {
            "id": COURSE_ID,
            "label": COURSE_ID,
            "title": COURSE_TITLE,
            "type": ["CourseSection"],
        },
        LTI + "resource_link": {
            "id": activity.id,
            "title": activity.title,
            "description": activity.description,
        },
        LTI + "custom": dict(activity.custom),
        LTI + "tool_platform": {
            "guid": "eyeball-demo-lms",
            "product_family_code": PRODUCT_FAMILY_CODE,
            "version": "1",
            "name": "Demo LMS",
            "description": "The demo LMS of Eyeball",
        },
        LTI + "launch_presentation": {
            "locale": "en",
            "document_target": hint.document_target,
            "return_url": settings.lms_url + "/lti/return",
        },
        AGS + "claim/endpoint": {
            "scope": list(SCOPES),
            "lineitems": line_items_url(settings.lms_url),
            "lineitem": line_item_url(settings.lms_url, activity.line_item),
        },
    }


def _person(user: User) -> dict[str, Any]:
    return {
        "sub": user.id,
        "given_name": user.given_name,
        "family_name": user.family_name,
        "name": user.name,
        "email": user.email,
        LTI + "roles": [user.role],
    }
