"""An activity's settings, changed from the teacher's launch."""

from dataclasses import replace
from typing import Any

from litestar import Router, post, route
from litestar.di import NamedDependency
from litestar.response import Redirect, Response, Template
from litestar_htmx import HTMXRequest

from service import activities, attempts, column_changes
from service import picking as rules
from service.dates import in_time
from service.i18n import _
from service.models import Activity
from service.pages.column_words import column_rule, column_standing
from service.pages.guard import form_of
from service.pages.setting_up import draw_setup, limits_here, preview_words, with_errors
from service.pages.site import GET_OR_POST, Here, Site, fragment, page
from service.setups import kept, read, typed_as
from service.store import activities as rows
from service.store.activities import Standing


def check(here: Here) -> None:
    """Whoever may not change them is told no more than that they are not here."""
    if here.launch.picks or not here.launch.sets_up:
        raise attempts.NotYours(_("There are no settings here that you can change."))


@route("/", http_method=GET_OR_POST, status_code=200)
async def show(site: NamedDependency[Site], here: NamedDependency[Here]) -> Template:
    """The settings as they are."""
    check(here)
    return await show_settings(site, here)


async def show_settings(
    site: Site,
    here: Here,
    *,
    form: dict[str, str] | None = None,
    problem: str | None = None,
    saved: bool = False,
) -> Template:
    """The form, with what a change means for scores that are given; `form` is what was typed."""
    async with site.database.begin() as work:
        activity = await rows.locked(work.session, here.activity.id)
        limits = await rules.limits_of(work, here.launch)
        standing = await rows.standing(work.session, activity.id)
        column = await column_changes.column_of(work, activity.id)
    keeps = activities.keeps_cases(activity, standing)
    held = activities.as_setup(activity, library=limits.cases)
    typed = kept(form) if form is not None else typed_as(held)
    found = in_time(read(typed, limits), site.clock(), held)
    if keeps:
        found = activities.with_cases_kept(found, activity, library=limits.cases)
    view = draw_setup(typed, found, limits, f"{here.path}/settings")
    view = replace(
        view, kind_is_fixed=not activities.may_change_kind(standing), cases_are_fixed=keeps
    )
    if form is not None:
        view = with_errors(view, found)
    return page(
        "settings",
        status=422 if form is not None and found.wrong else 409 if problem else 200,
        launch=here.view,
        setup=view,
        version_seen=activity.settings_version,
        save_path=f"{here.path}/settings/save",
        home_path=here.path,
        intro=intro_words(activity),
        effects=[*effects(standing), column_rule(column)],
        column=column_standing(column),
        problem=problem,
        saved=saved,
    )


def intro_words(activity: Activity) -> str | None:
    """Where these settings come from, if not from the teacher."""
    if activity.settings_version == 0:
        return _("This activity isn't set up yet. Choose what learners do, then save.")
    if activity.copied_from_id is not None and activity.settings_version == 1:
        return _(
            "These settings were copied from the activity that this link was made from. "
            "Learners' work and grades were not."
        )
    return None


def effects(standing: Standing) -> list[str]:
    """What changes, and what does not, for scores that were given already."""
    if not standing.scored:
        return [_("Nobody has been scored yet, so a change holds for everybody.")]
    return [
        _(
            "Estimates scored already: %(scored)s (learners: %(learners)s). They keep their "
            "scores, and the rule by which they were given.",
            scored=standing.scored,
            learners=standing.learners,
        ),
        _("A new rule holds for estimates that are locked in after you save."),
        _(
            "With other cases, only those of the new set count. Whoever has some of them left "
            "gets a new grade when all are done. No grade is lowered."
        ),
    ]


@post("/preview", status_code=200)
async def preview(
    request: HTMXRequest, site: NamedDependency[Site], here: NamedDependency[Here]
) -> Template:
    """What estimates would earn by what is typed at this moment."""
    check(here)
    limits = await limits_here(site, here)
    held = activities.as_setup(here.activity, library=limits.cases)
    words = preview_words(await form_of(request), limits, site.clock(), held)
    return fragment("preview", words=words)


@post("/save", status_code=200)
async def save(
    request: HTMXRequest, site: NamedDependency[Site], here: NamedDependency[Here]
) -> Response[Any]:
    """Change the settings, unless something is wrong or somebody else was faster."""
    check(here)
    form = await form_of(request)
    async with site.database.begin() as work:
        activity = await rows.locked(work.session, here.activity.id)
        standing = await rows.standing(work.session, activity.id)
        limits = await rules.limits_of(work, here.launch)
        held, problem = activities.as_setup(activity, library=limits.cases), None
        found = in_time(read(kept(form), limits), site.clock(), held)
        if found.setup is not None:
            seen = form.get("version", "")
            problem = activities.why_not(activity, found.setup, standing, seen=seen)
        keeps = activities.keeps_cases(activity, standing)
        if keeps and problem is None:
            found = activities.with_cases_kept(found, activity, library=limits.cases)
        if found.setup is not None and problem is None:
            now, before = site.clock(), column_changes.of_column(activity)
            await activities.set_up(work, activity, found.setup, now, keep_cases=keeps)
            await column_changes.ask(work, activity, before, now)
    if found.setup is None or problem is not None:
        return await show_settings(site, here, form=form, problem=problem)
    if here.handle is None:
        return Redirect(f"{here.path}/settings/saved", status_code=303)
    return await show_settings(site, here, saved=True)


@route("/saved", http_method=GET_OR_POST, status_code=200)
async def saved(site: NamedDependency[Site], here: NamedDependency[Here]) -> Template:
    """The settings as they are now, and that they were saved."""
    check(here)
    return await show_settings(site, here, saved=True)


routes = Router("/settings", route_handlers=[show, preview, save, saved])
