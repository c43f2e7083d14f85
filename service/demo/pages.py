"""What a person sees: the course, an activity with the tool in it, and the gradebook."""

from asyncio import to_thread
from typing import Any, Literal

from litestar import get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.exceptions import ClientException, NotFoundException, PermissionDeniedException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from service.demo.launch import login_form
from service.demo.lms import SESSION_COOKIE, Asked, Lms
from service.demo.platform import CLIENT_ID, COURSE_TITLE, USERS, Activity, User


@get("/")
async def show_course(request: Asked, lms: NamedDependency[Lms]) -> Template:
    """The course: who are you, and what there is to do."""
    viewer = await to_thread(lms.viewer, request)
    offered = [user for user in USERS.values() if user.offered]
    return _page(
        "course.html.jinja",
        viewer,
        activities=await to_thread(lms.activities),
        offered=offered,
        manners=lms.flavour.manners,
        tools=[tool for tool in await to_thread(lms.store.tools) if tool.active],
    )


@post("/session")
async def sign_in(request: Asked, lms: NamedDependency[Lms]) -> Redirect:
    """Chooses a user; no password, it is a demo."""
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        raise PermissionDeniedException("Only the course page itself may choose the user.")
    user = USERS.get(str((await request.form()).get("user")))
    if user is None:
        raise ClientException("There is no such user in this course.")
    session = await to_thread(lms.store.sign_in, user.id)
    cookie = Cookie(key=SESSION_COOKIE, value=session, httponly=True, samesite="lax")
    return Redirect("/", status_code=303, cookies=[cookie])


@get("/activities/{activity_id:str}")
async def show_activity(
    request: Asked,
    activity_id: FromPath[str],
    lms: NamedDependency[Lms],
    client: FromQuery[str] = CLIENT_ID,
) -> Template | Redirect:
    """One activity: a header, and the tool in a frame."""
    activity = await to_thread(_found, lms, activity_id)
    viewer = await to_thread(lms.viewer, request)
    if viewer is None:
        return Redirect("/", status_code=303)
    return _page(
        "activity.html.jinja",
        viewer,
        activity=activity,
        tool_url=lms.settings.tool_url,
        client=client if client != CLIENT_ID else None,
    )


@get("/activities/{activity_id:str}/launch")
async def launch(
    request: Asked,
    activity_id: FromPath[str],
    lms: NamedDependency[Lms],
    target: FromQuery[Literal["iframe", "window"]] = "iframe",
    client: FromQuery[str] = CLIENT_ID,
) -> Template:
    """Sends the browser, which waits in the frame or in a new window, to the tool."""
    activity = await to_thread(_found, lms, activity_id)
    viewer = await to_thread(lms.viewer, request)
    if viewer is None:
        raise PermissionDeniedException("Choose a user on the course page first.")
    tool = await to_thread(lms.client, activity.client_id or client)
    if tool is None:
        raise NotFoundException("There is no such tool, or its admin has not turned it on.")
    return await to_thread(login_form, lms, viewer, activity, target, tool)


def _found(lms: Lms, activity_id: str) -> Activity:
    activity = lms.activity(activity_id)
    if activity is None:
        raise NotFoundException("There is no such activity in this course.")
    return activity


@get("/lti/return")
async def return_from_tool(
    lti_msg: FromQuery[str] = "", lti_errormsg: FromQuery[str] = ""
) -> Template:
    """Where the tool sends people back to, with something to say or without."""
    return Template(
        "message.html.jinja",
        context={"title": "Back from the tool", "message": lti_errormsg or lti_msg},
    )


@get("/gradebook")
async def show_gradebook(request: Asked, lms: NamedDependency[Lms]) -> Template:
    """Learner by activity, and below it every score that came in."""
    viewer = await to_thread(lms.viewer, request)
    grades, posts = await to_thread(lms.store.grades), await to_thread(lms.store.posts)
    activities = await to_thread(lms.activities)
    by_place = {(one["user_id"], one["activity"]): one for one in grades}
    graded = {one["user_id"] for one in grades}
    return _page(
        "gradebook.html.jinja",
        viewer,
        activities=[one for one in activities if one.line_item is not None],
        titles={one.id: one.title for one in activities},
        learners=[one for one in USERS.values() if _has_row(one, graded)],
        grades=by_place,
        posts=posts,
        works=await to_thread(lms.store.works) if viewer and viewer.teaches else {},
    )


@get("/gradebook/{activity_id:str}/{user_id:str}")
async def open_work(
    request: Asked, activity_id: FromPath[str], user_id: FromPath[str], lms: NamedDependency[Lms]
) -> Template:
    """The work behind a grade, in the tool, for who teaches: Canvas's SpeedGrader."""
    viewer = await to_thread(lms.viewer, request)
    if viewer is None or not viewer.teaches:
        raise PermissionDeniedException("Only who teaches this course sees other people's work.")
    activity = await to_thread(_found, lms, activity_id)
    url = (await to_thread(lms.store.works)).get((user_id, activity_id))
    tool = await to_thread(lms.client, activity.client_id or CLIENT_ID)
    if url is None or tool is None:
        raise NotFoundException("Nothing was handed in here that can be opened.")
    return await to_thread(login_form, lms, viewer, activity, "window", tool, work_url=url)


def _has_row(user: User, graded: set[str]) -> bool:
    return not user.teaches and (user.offered or user.id in graded)


@get("/gradebook.json")
async def read_gradebook(lms: NamedDependency[Lms]) -> dict[str, Any]:
    """The same for programs."""
    grades = await to_thread(lms.store.grades)
    return {
        "grades": [{"user": one.pop("user_id"), **one} for one in grades],
        "posts": await to_thread(lms.store.posts),
    }


def _page(name: str, viewer: User | None, **context: Any) -> Template:
    return Template(
        name,
        context={"viewer": viewer, "course": COURSE_TITLE, "users": USERS, **context},
        headers={"Cache-Control": "no-store"},
    )
