"""One table: what was raised, and the page that a person gets for it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from litestar import Request
from litestar.background_tasks import BackgroundTask
from litestar.exceptions import HTTPException
from litestar.response import Response
from litestar.status_codes import HTTP_408_REQUEST_TIMEOUT, HTTP_500_INTERNAL_SERVER_ERROR

from lti.errors import LaunchRefused, LoginRefused, LtiError, PlatformUnreachable
from service import events
from service.attempts import AttemptRefused, EstimateInvalid, NotYours
from service.clips import ClipStoreRefused, ClipStoreUnavailable, NoSuchRange
from service.connecting import InviteRefused, OfferRefused
from service.connections import NoSuchConnection
from service.i18n import _, later
from service.limits import TooMany
from service.models import EventKind, EventOutcome
from service.operators import LinkRefused, OperatorUnknown
from service.own_clips import UploadsBusy
from service.pages.guard import CrowdedOut, SignedOut
from service.pages.site import Here, Site, fragment, page
from service.words_of_lms import trouble_words

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What an error page says."""

    status: int
    title: str
    sentence: str
    hint: str | None = None
    retry_after: int | None = None


SIGNED_OUT = Notice(
    status=401,
    title=later("Please open the activity again"),
    sentence=later(
        "You were away for a while, or came by an address alone. "
        "Open the activity again from your course; all that was saved is there."
    ),
)
CROWDED_OUT = Notice(
    status=401,
    title=SIGNED_OUT.title,
    sentence=later(
        "Too many activities are open at once in this browser: only those that were opened last "
        "are kept, and this is not one of them. "
        "Open it again from your course; all that was saved is there."
    ),
)
BROKEN = Notice(
    status=500,
    title=later("Something went wrong here"),
    sentence=later(
        "That is our fault. Your work is saved and your grade isn't affected. "
        "Try again in a moment."
    ),
)
HTTP_TITLES = {
    404: (later("There is no such page"), later("Open the activity again from your course.")),
    405: (
        later("This page can't be opened so"),
        later("Open the activity again from your course."),
    ),
    408: (
        later("This came too slowly"),
        later("The connection dropped. What you typed and sent before is kept: please try again."),
    ),
    413: (later("This is too large"), later("Send less at once.")),
}


def signed_out(error: Exception) -> Notice:
    """No handle, a wrong one, or an expired launch."""
    return CROWDED_OUT if isinstance(error, CrowdedOut) else SIGNED_OUT


def lti_refused(error: Exception) -> Notice:
    """The LMS's request is not what it must be; the sentence is made for people."""
    return Notice(
        status=400,
        title=later("This launch didn't work"),
        sentence=trouble_words(str(error)),
        hint=later("If it keeps happening, show this page to whoever looks after your LMS."),
    )


def platform_down(error: Exception) -> Notice:
    """The LMS's own servers did not answer."""
    return Notice(
        status=502, title=later("Your LMS isn't answering"), sentence=trouble_words(str(error))
    )


def invite_refused(error: Exception) -> Notice:
    """An address that connects nothing any more, or never did."""
    return Notice(
        status=404,
        title=later("This invitation isn't good"),
        sentence=later(
            "It was used already, its time is over, or a part of its address is missing. "
            "Ask whoever runs Eyeball for a new one."
        ),
    )


def offer_refused(error: Exception) -> Notice:
    """A page that was left open for too long, or whose form was changed."""
    return Notice(
        status=400,
        title=later("Please start again in your LMS"),
        sentence=later(
            "This page was open for too long. Nothing was connected, and your invitation is as "
            "good as before."
        ),
    )


def operator_unknown(error: Exception) -> Notice:
    """Nobody who signed in, or somebody whose session is over."""
    return Notice(
        status=401,
        title=later("Please sign in"),
        sentence=later(
            "These pages are for whoever runs Eyeball. On the machine that it runs on, "
            "`eyeball operator link` prints an address that lets you in."
        ),
    )


def link_refused(error: Exception) -> Notice:
    """A link works once, and for ten minutes."""
    return Notice(
        status=404,
        title=later("This link isn't good any more"),
        sentence=later(
            "It works once, and for ten minutes. `eyeball operator link` makes another."
        ),
    )


def no_such_connection(error: Exception) -> Notice:
    """It was there when the page was drawn."""
    return Notice(
        status=404,
        title=later("This connection is gone"),
        sentence=later("Reload the list of connections."),
    )


def not_yours(error: Exception) -> Notice:
    """Not there, or not theirs: the answer is the same."""
    return Notice(status=404, title=later("There is no such page"), sentence=str(error))


def attempt_refused(error: Exception) -> Notice:
    """Not now, or not so; nothing is lost."""
    return Notice(status=409, title=later("That can't be done now"), sentence=str(error))


def store_refused(error: Exception) -> Notice:
    """The clip store said no."""
    status = error.status if isinstance(error, ClipStoreRefused) else 400
    return Notice(status=status, title=later("This clip can't be had"), sentence=str(error))


def store_down(error: Exception) -> Notice:
    """The clip store is silent, or does not know us; what it said is for operators."""
    log.warning("the clip store: %s", error)
    return Notice(
        status=503,
        title=later("The clips can't be reached just now"),
        sentence=later(
            "That is our fault. Your work is saved and your grade isn't affected. "
            "Reload the page in a minute."
        ),
    )


def uploads_busy(error: Exception) -> Notice:
    """Too many clips come at once; the page's script asks again by itself."""
    return Notice(
        status=429,
        title=later("Many clips are being sent just now"),
        sentence=later("Yours waits for its turn, and goes on by itself."),
    )


def http_error(error: Exception) -> Notice:
    """What Litestar itself refuses."""
    status = error.status_code if isinstance(error, HTTPException) else 400
    if status >= 500:
        return BROKEN
    title, sentence = HTTP_TITLES.get(
        status,
        (later("This request isn't right"), later("Open the activity again from your course.")),
    )
    return Notice(status=status, title=title, sentence=sentence)


def too_many(error: Exception) -> Notice:
    """Whoever comes from this address, or this LMS, has come too often."""
    return Notice(
        status=429,
        title=later("Very many people are coming at once"),
        sentence=later(
            "Wait a few seconds, then open the activity again from your course. Your work is saved."
        ),
        retry_after=error.retry_after if isinstance(error, TooMany) else None,
    )


TABLE: dict[type[Exception], Callable[[Exception], Notice]] = {
    SignedOut: signed_out,
    LoginRefused: lti_refused,
    LaunchRefused: lti_refused,
    PlatformUnreachable: platform_down,
    InviteRefused: invite_refused,
    OfferRefused: offer_refused,
    OperatorUnknown: operator_unknown,
    LinkRefused: link_refused,
    NoSuchConnection: no_such_connection,
    NotYours: not_yours,
    EstimateInvalid: attempt_refused,
    AttemptRefused: attempt_refused,
    UploadsBusy: uploads_busy,
    ClipStoreRefused: store_refused,
    ClipStoreUnavailable: store_down,
    TooMany: too_many,
    HTTPException: http_error,
}


# What somebody was at, by where they were; the rest are faults of ours.
KINDS = {
    "/lti/login": EventKind.LOGIN,
    "/lti/launch": EventKind.LAUNCH,
    "/lti/verify": EventKind.LAUNCH,
}


def show_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The page for an error; what we did not foresee is logged, and told without details."""
    kind = next((known for known in type(error).__mro__ if known in TABLE), None)
    notice = BROKEN if kind is None else TABLE[kind](error)
    told = kind is None or isinstance(error, LtiError)  # what an operator can look up
    reference = request.state.get("reference") or reference_for(request, unique=told)
    if kind is None:
        log.error("unforeseen, reference %s", reference, exc_info=error)
    elif not told:
        log.info("%s answered %s, reference %s", kind.__name__, notice.status, reference)
    words = {
        "title": _(notice.title),
        "sentence": _(notice.sentence),
        "hint": _(notice.hint) if notice.hint else None,
        "reference": reference,
        **way_on(request, notice),
    }
    shown = fragment if request.headers.get("HX-Request") == "true" else page
    answer = shown("notice", status=notice.status, **words)
    if notice.retry_after:
        answer.headers["Retry-After"] = str(notice.retry_after)
    if isinstance(error, NoSuchRange):  # RFC 9110, 15.5.17: from this a player learns the length
        answer.headers["Content-Range"] = f"bytes */{error.size}"
    if notice.status == HTTP_408_REQUEST_TIMEOUT:  # the rest may still drip in: nobody reads it
        answer.headers["Connection"] = "close"
    if told:
        answer.background = BackgroundTask(remember, request, error, reference)
    return answer


def way_on(request: Request[Any, Any, Any], notice: Notice) -> dict[str, object]:
    """Whose page this is, and where they can go on; nobody's where no launch was proved."""
    here: Here | None = request.state.get("here")
    if here is None:
        return {"launch": None}
    launch = replace(here.view, at="")  # which page it was not, is nobody's business
    is_home = request.url.path.rstrip("/") == here.path
    if here.launch.picks or (is_home and notice.status < HTTP_500_INTERNAL_SERVER_ERROR):
        return {"launch": launch}
    label = _("Back to the class") if here.launch.is_staff else _("Back to the activity")
    return {"launch": launch, "home_path": here.path, "home_label": label}


def reference_for(request: Request[Any, Any, Any], *, unique: bool) -> str:
    """What joins a page with its line in the log. Of a refusal that was foreseen it tells nothing
    but when that was: whether something exists is nobody else's business."""
    if unique:
        return events.new_reference()
    site: Site = request.app.state.site
    return events.reference_of(site.clock().isoformat())


async def remember(request: Request[Any, Any, Any], error: Exception, reference: str) -> None:
    """Let an operator find the reference that the page has shown."""
    unforeseen = not isinstance(error, LtiError)
    again = isinstance(error, PlatformUnreachable)
    site: Site = request.app.state.site
    await events.record(
        site.database,
        EventKind.FAULT if unforeseen else KINDS.get(request.url.path, EventKind.FAULT),
        EventOutcome.FAILED if unforeseen or again else EventOutcome.REFUSED,
        site.clock(),
        registration_id=request.state.get("registration_id"),
        code=getattr(error, "code", type(error).__name__),
        reference=reference,
        ahead=getattr(error, "ahead", None),
    )
