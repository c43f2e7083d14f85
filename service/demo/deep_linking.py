"""Deep linking: a teacher picks activities in the tool, and the tool's signed answer adds them."""

from asyncio import to_thread
from typing import Any, Literal

import jwt
from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from service.demo.choices import read_choice
from service.demo.errors import ChoiceRefused, TokenRefused
from service.demo.launch import login_form
from service.demo.lms import Asked, Lms
from service.demo.platform import CLIENT_ID, DEEP_LINKING, User
from service.demo.tools import Client

REQUIRED = ["exp", "iat", "iss", "aud", "nonce"]
BY_OUR_CLOCK = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
LONGEST_TOKEN = 200_000


@get("/activities/add")
async def add_activity(
    request: Asked, lms: NamedDependency[Lms], client: FromQuery[str] = CLIENT_ID
) -> Template | Redirect:
    """The tool in a frame, where a teacher chooses what to add to the course."""
    viewer = await to_thread(lms.viewer, request)
    if viewer is None:
        return Redirect("/", status_code=303)
    _check_teaches(viewer)
    context = {"viewer": viewer, "tool_url": lms.settings.tool_url, "client": client}
    return Template(
        "add_activity.html.jinja", context=context, headers={"Cache-Control": "no-store"}
    )


@get("/activities/add/launch")
async def launch_picker(
    request: Asked,
    lms: NamedDependency[Lms],
    target: FromQuery[Literal["iframe", "window"]] = "iframe",
    client: FromQuery[str] = CLIENT_ID,
) -> Template:
    """Sends the browser to the tool, to choose there."""
    viewer = await to_thread(lms.viewer, request)
    _check_teaches(viewer)
    tool = await to_thread(lms.client, client)
    if viewer is None or tool is None:
        raise NotFoundException("There is no such tool, or its admin has not turned it on.")
    return await to_thread(login_form, lms, viewer, None, target, tool)


def _check_teaches(viewer: User | None) -> None:
    if viewer is None or not viewer.teaches:
        raise PermissionDeniedException("Only who teaches this course can add activities to it.")


@post("/lti/deep-linking", status_code=200)
async def take_choice(request: Asked, lms: NamedDependency[Lms]) -> Template:
    """The tool's answer, which the teacher's browser brings. No cookie comes with it from another
    site's frame: the ticket in it says that a teacher of this course was asked."""
    token = await _token(request)
    client, claims = await _verified(lms, token)
    items = read_choice(claims, client, lms.settings.tool_url, lms.now())
    for item in items:
        points = item.line_item and item.line_item.score_maximum
        if item.line_item and lms.flavour.column(points, of=len(items)) is None:
            item.line_item = None
    ticket = claims.get(DEEP_LINKING + "data")
    added = await to_thread(
        lms.store.add_activities,
        ticket if isinstance(ticket, str) else "",
        client.client_id,
        items,
        after=max((one.line_item or 0 for one in lms.settings.activities), default=0),
        now=lms.now(),
    )
    if added is None:
        raise ChoiceRefused("Nobody is choosing activities for this: it was used, or is too old.")
    return Template(
        "added.html.jinja", context={"added": added}, headers={"Cache-Control": "no-store"}
    )


async def _token(request: Asked) -> str:
    pairs = [*(await request.form()).multi_items()]
    found = [value for name, value in pairs if name == "JWT" and isinstance(value, str)]
    if len(found) != 1 or len(found[0]) > LONGEST_TOKEN:
        raise ChoiceRefused("The tool's answer has to be one field named JWT.")
    return found[0]


async def _verified(lms: Lms, token: str) -> tuple[Client, dict[str, Any]]:
    """Which tool answers, and what. Its ticket counts once, so its nonce does."""
    try:
        header = jwt.get_unverified_header(token)
        said = jwt.decode(token, options={"verify_signature": False})
        client = await to_thread(lms.client, str(said.get("iss")))
        if client is None:
            raise ChoiceRefused("The answer's iss is no tool of this LMS.")
        claims = jwt.decode(
            token,
            await lms.keys_of(client).find(str(header.get("kid", ""))),
            algorithms=["RS256"],
            audience=lms.settings.lms_url,
            issuer=client.client_id,
            options={"require": REQUIRED, "strict_aud": True} | BY_OUR_CLOCK,
        )
    except (jwt.PyJWTError, TokenRefused) as error:
        raise ChoiceRefused(f"The tool's answer is refused: {error}.") from error
    return client, claims
