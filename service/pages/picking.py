"""The picker, drawn: what a deep-linking launch opens."""

from dataclasses import dataclass
from datetime import UTC, datetime

from litestar.response import Template

from service import picking as rules
from service import words
from service.dates import in_time
from service.i18n import _, later
from service.models import Kind, Picking
from service.numbers import decimal
from service.pages.setting_up import SetupView, draw_setup, with_errors
from service.pages.site import Here, Site, page
from service.scoring import COMPLETION
from service.setups import Read, Setup, read
from service.store import activities as rows
from service.store.database import Work
from service.windows import zone_named


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """An activity that is ready to be added."""

    title: str
    said: str


async def show_picker(
    site: Site, here: Here, *, problem: str | None = None, checked: bool = False
) -> Template:
    """The picker as its teacher left it; `checked` says what is wrong with it, too."""
    async with site.database.begin() as work:
        picking = await rows.picking(work.session, here.launch.id)
        setup, found = await draw_form(work, here, picking, checked=checked, now=site.clock())
    return page(
        "pick",
        status=422 if checked and found.wrong else 409 if problem else 200,
        launch=here.view,
        pick_path=f"{here.path}/pick",
        setup=setup,
        problem=problem,
        several=rules.takes_several(picking) and len(picking.chosen) < rules.MOST_ITEMS - 1,
        chosen=[draw_chosen(one) for one in rules.setups_of(picking)],
        may_try=here.launch.learner_id is not None,
    )


async def draw_form(
    work: Work, here: Here, picking: Picking, *, checked: bool, now: datetime
) -> tuple[SetupView, Read]:
    """The form of the activity that is being set up."""
    limits = await rules.limits_of(work, here.launch, graded=rules.takes_columns(picking))
    found = in_time(read(picking.typed, limits), now)
    view = draw_setup(picking.typed, found, limits, f"{here.path}/pick")
    return (with_errors(view, found) if checked else view), found


def draw_chosen(setup: Setup) -> Chosen:
    """A setup in one line: what learners do, what it is worth, and when."""
    zone = zone_named(setup.zone) or UTC
    moments = (
        (setup.opens_at, later("Opens: %(moment)s.")),
        (setup.second_opens_at, later("Second part opens: %(moment)s.")),
        (setup.closes_at, later("Closes: %(moment)s.")),
    )
    said = [
        work_words(setup),
        _("Points: %(points)s.", points=decimal(setup.points)),
        *(
            _(sentence, moment=words.moment_in(moment, zone, setup.zone))
            for moment, sentence in moments
            if moment is not None
        ),
    ]
    return Chosen(title=setup.title, said=" ".join(said))


def work_words(setup: Setup) -> str:
    """What learners do, and how it is graded."""
    rule = words.rule_in_full(setup.rule)
    if setup.kind is Kind.OWN_CLIP and setup.rule == COMPLETION:
        return _("Own clip. Taking part earns full credit.")
    if setup.kind is Kind.OWN_CLIP:
        return _("Own clip. %(rule)s", rule=rule)
    if setup.kind is Kind.MASTERY:
        return _("Practice until mastery. Cases: %(cases)s.", cases=setup.cases)
    if setup.kind is Kind.EXAM:
        return _(
            "Timed exam. Cases: %(cases)s. Minutes: %(minutes)s. %(rule)s",
            cases=setup.cases,
            minutes=setup.minutes,
            rule=rule,
        )
    if setup.kind is Kind.PRE_POST:
        return _(
            "Before and after teaching. Cases each time: %(cases)s. %(rule)s",
            cases=setup.cases,
            rule=rule,
        )
    return _("Practice cases: %(cases)s. %(rule)s", cases=setup.cases, rule=rule)
