"""Platform Notification Service: a platform tells us of a copied course, without any launch."""

from typing import Annotated

import httpx2
import msgspec
from msgspec import Meta

from lti.errors import LaunchRefused, NoticesRefused
from lti.registration import Registration
from lti.services import ServiceCall, ServiceClient
from lti.shape import NoticeService
from lti.tokens import TokenClient

NOTICE_SCOPE = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
COURSE_COPIED = "LtiContextCopyNotice"
MOST_NOTICES = 100


class _One(msgspec.Struct):
    jwt: str


class _Batch(msgspec.Struct):
    notices: Annotated[list[_One], Meta(max_length=MOST_NOTICES)]


def notices_url(service: NoticeService) -> str | None:
    """Where to ask for notices of copied courses; None where the platform sends none, or not us."""
    if COURSE_COPIED not in service.notice_types_supported:
        return None
    if service.scope is not None and NOTICE_SCOPE not in service.scope:
        return None
    return service.platform_notification_service_url or None


def read_batch(body: bytes) -> list[str]:
    """The signed notices in what a platform posts, or LaunchRefused."""
    try:
        return [one.jwt for one in msgspec.json.decode(body, type=_Batch).notices]
    except (ValueError, RecursionError) as error:
        raise LaunchRefused("These are no notices.", code="malformed_notices") from error


class NoticesClient:
    """The notification services of all platforms."""

    def __init__(self, http: httpx2.AsyncClient, tokens: TokenClient) -> None:
        self._service = ServiceClient(http, tokens, refused=NoticesRefused)

    async def subscribe(self, registration: Registration, url: str, handler: str) -> None:
        """Have notices of copied courses sent to this address of ours; once more does no harm."""
        call = ServiceCall(
            method="PUT",
            url=url,
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            body=msgspec.json.encode({"notice_type": COURSE_COPIED, "handler": handler}),
        )
        answer = await self._service.send(registration, NOTICE_SCOPE, call)
        if not 200 <= answer.status < 300:
            raise NoticesRefused(
                f"The learning platform sends no notices (status {answer.status}).",
                status=answer.status,
            )
