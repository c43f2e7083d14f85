"""What the handlers work with, and what every answer carries."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import httpx2
from litestar.enums import HttpMethod
from litestar.response import Template
from litestar_htmx import HTMXRequest

from lti.keys import PlatformKeys
from lti.platforms import ATTEMPTS_USED_UP
from lti.public_web import PublicWeb
from lti.returning import with_words
from service.clips import ClipStore
from service.i18n import _
from service.limits import Limits
from service.models import Activity, Kind, Launch, Learner, Override
from service.pages.views import LaunchView
from service.settings import Settings
from service.signing import Signer
from service.store.database import Database
from service.words import day_and_time
from service.words_of_lms import refusal_words

# For what looks at nothing of anybody's: link checkers and an LMS's proxies ask for heads.
GET_OR_HEAD = [HttpMethod.GET, HttpMethod.HEAD]
SENT_MORE_THAN_ONCE = {Kind.OWN_CLIP, Kind.MASTERY}  # the others send one score, at the end
GET_OR_POST = [HttpMethod.GET, HttpMethod.POST]  # where no cookie holds, every step is a form


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The parts of one web process."""

    settings: Settings
    database: Database
    clips: ClipStore
    signer: Signer
    platform_keys: PlatformKeys
    limits: Limits
    public_web: PublicWeb
    http: httpx2.AsyncClient
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """The launch that a request belongs to, with who and where."""

    launch: Launch
    activity: Activity
    learner: Learner | None
    handle: str | None  # only where it must be carried by forms
    csrf: str
    now: datetime
    decided: Override | None = None  # what a teacher decided last of the learner's grade
    at: str = ""  # the address of the page that is asked for

    @property
    def path(self) -> str:
        """Where this launch's pages live."""
        return f"/l/{self.launch.id}"

    @property
    def view(self) -> LaunchView:
        """What templates see of it."""
        return LaunchView(
            id=str(self.launch.id),
            learner=self.learner.label if self.learner else _("Guest"),
            course=self.activity.course_title,
            activity=self.activity.title,
            csrf=self.csrf,
            handle=self.handle,
            preview=self.launch.is_preview,
            test_student=self.launch.is_test_student,
            read_only=read_only(self.launch),
            told=told(self.launch, self.decided),
            due=due_words(self.launch, self.now),
            cap=cap_words(self.launch, self.activity),
            picker_path=f"{self.path}/pick" if self.launch.picks else None,
            at=self.at,
            return_url=None if self.launch.picks else self.launch.return_url,
        )


def leaving(
    view: LaunchView, *, message: str | None = None, error: str | None = None
) -> LaunchView:
    """The same launch, whose way back tells the LMS what there is to say."""
    if view.return_url is None:
        return view
    return replace(view, return_url=with_words(view.return_url, message=message, error=error))


def read_only(launch: Launch) -> str | None:
    """Why nothing can be done here, or None."""
    if launch.learner_id is None:
        return _(
            "Your LMS didn't tell us who you are, so nothing can be saved. "
            "You can look around; ask your teacher to change the tool's privacy setting."
        )
    if not (launch.is_learner or launch.is_preview):
        return _("Your role in this course lets you look at this activity, but not take part.")
    return None


def due_words(launch: Launch, now: datetime) -> str | None:
    """Until when the LMS calls a learner's work on time: nothing here hangs on it."""
    if launch.due_at is None or launch.is_staff or launch.picks:
        return None
    moment = day_and_time(launch.due_at)
    if now <= launch.due_at:
        return _("Due %(moment)s", moment=moment)
    return _("Late: it was due %(moment)s. It is still taken here.", moment=moment)


def cap_words(launch: Launch, activity: Activity) -> str | None:
    """How often the LMS takes work, before any is done that it would not take."""
    most, used = launch.attempts_allowed, launch.attempts_used
    if most is None or launch.is_staff or launch.picks:
        return None
    if used >= most:
        return refusal_words(ATTEMPTS_USED_UP)
    if activity.kind not in SENT_MORE_THAN_ONCE:
        return None
    return _(
        "Your LMS counts attempts. When you came in, you had used %(used)s of %(most)s; each score "
        "that is sent to it uses one.",
        used=used,
        most=most,
    )


def told(launch: Launch, decided: Override | None) -> str | None:
    """What a learner has to know of their teacher's word, wherever they are in the activity."""
    if decided is None or not decided.exempt or not launch.is_learner:
        return None
    return _(
        "Your teacher has exempted you from this activity: nothing is expected of you here, and "
        "nothing is sent to the gradebook. You may still practise. Their reason: %(reason)s",
        reason=decided.reason,
    )


def page(name: str, *, status: int = 200, **context: object) -> Template:
    """A whole page."""
    return Template(f"pages/{name}.html.jinja", context=context, status_code=status)


def fragment(name: str, *, status: int = 200, **context: object) -> Template:
    """A part of a page, for htmx to swap in."""
    return Template(f"fragments/{name}.html.jinja", context=context, status_code=status)


def wants_fragment(request: HTMXRequest) -> bool:
    """Whether htmx asks: then only the part that changes is answered."""
    return bool(request.htmx)
