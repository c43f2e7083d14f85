"""More pages for the gallery: those that teachers, operators and practised learners see."""

from dataclasses import replace

from service.column_changes import NEW_LINE_ITEM_SCOPE
from service.connections import Connection, Place
from service.diagnosis import Found
from service.diagnosis import Step as Trial
from service.models import Kind, LineItem
from service.pages.cases import ExamView, GroupView
from service.pages.column_words import column_rule, column_standing
from service.pages.patterns import draw_mastery
from service.pages.picking import Chosen
from service.pages.progress import summary_words
from service.pages.review import GivenBack, WorkRow
from service.pages.setting_up import SetupView, draw_setup, with_errors
from service.pages.views import Delivery, EstimateView, GradeView, Step, ViewNotice, WrongView
from service.setups import Limits, read, typed_as, usual
from tests.support.histories import DUE, LOOKS, PAST, PROGRESS
from tests.support.objections import OBJECTIONS
from tests.support.samples import (
    CASES,
    CLIP,
    CLOCK,
    REVEAL,
    attempt,
    class_row,
    one_group,
)

LIMITS = Limits(points=100, graded=True, cases=12)


def work_row(number: int, estimate: str, attempt: str | None) -> WorkRow:
    """One settled attempt, as staff see it."""
    return WorkRow(
        number=number,
        estimate=estimate,
        reference="51 %",
        reading="47.3 %",
        gap="−9.0 points",
        locked_at="2026-11-23 12:00 UTC",
        attempt=attempt,
    )


def setup(*, wrong: bool = False, **typed: str) -> SetupView:
    """The form of an activity, as a teacher has filled it in."""
    filled = typed_as(usual(Kind.PRACTICE, "Week 3: ejection fraction", library=12)) | typed
    found = read(filled, LIMITS)
    view = draw_setup(filled, found, LIMITS, "/l/7b1e/pick")
    return with_errors(view, found) if wrong else view


EXAM = ExamView(
    minutes="30",
    cases=10,
    closes="3 Dec 2026, 23:59 (Europe/Berlin)",
    begin_path="/l/7b1e/begin",
    clock=None,
    over=None,
)
WAITS = (
    'This case is part of "Week 9: the exam", whose answers are not out yet. '
    "It can be done here once they are."
)
WAITED = "It waited until this closed, so it isn't counted."
KNOWN = "You've seen its answer in another activity. It's practice here, and not scored."
WAITING = [replace(case, outcome=None, state="waiting") for case in CASES[:2]] + CASES[2:]
LIST = {
    "groups": one_group(WAITING),
    "summary": "2 of 3 cases locked in.",
    "window": None,
    "exam": replace(EXAM, begin_path=None, clock=CLOCK),
    "mastery": None,
    "due": None,
    "grade": GradeView(sentence="Your grade goes to the gradebook later.", delivery=Delivery.NONE),
    "next_path": "/l/7b1e/cases/3",
    "lead": 3,
    "delivery_path": "/l/7b1e/delivery",
    "progress_path": None,
}
PICK = {
    "pick_path": "/l/7b1e/pick",
    "setup": setup(),
    "problem": None,
    "several": True,
    "chosen": [],
    "may_try": True,
}
EFFECTS = ["Estimates scored already: 12 (learners: 3). They keep their scores."]
SETTINGS = {
    "setup": setup(),
    "version_seen": 2,
    "save_path": "/l/7b1e/settings/save",
    "home_path": "/l/7b1e",
    "intro": None,
    "effects": EFFECTS,
    "column": None,
    "problem": None,
    "saved": True,
}
COLUMN = LineItem(
    scopes=[NEW_LINE_ITEM_SCOPE], changes={"label": "Week 3"}, change_problem="It did not answer."
)
CONNECTION = Connection(
    id="1",
    name="Example University",
    kind="Canvas",
    issuer="https://canvas.example.edu",
    client_id="10000000000042",
    contact="lms@example.edu",
    approved=False,
    lets_in=False,
    places=(
        Place(id="7", deployment_id="42:8865aa05b4b79b64a91a86042e43af5ea8ae79eb", approved=True),
        Place(id="8", deployment_id="43", approved=False),
    ),
    last_launch="2 minutes ago",
    clock="41 seconds behind ours",
    clock_wrong=True,
    sent=98,
    waiting=1,
    refused=2,
    problem="The learning platform refused the score.",
)
OPERATOR = {
    "csrf": "proof",
    "connections": [CONNECTION, replace(CONNECTION, id="2", approved=True, places=())],
    "invites": [
        {"note": "Ward 7", "uses": 1, "until": "2026-12-01 12:00 UTC", "approves": True},
        {"note": "", "uses": 1, "until": "2026-12-01 12:00 UTC", "approves": False},
    ],
    "invite": "https://tool.example.edu/lti/register/0f3a9c77d1e24c5b8a6f0f3a9c77d1e2",
    "development": ["localhost"],
}
EVENT = {
    "at": "2026-11-23 12:00:00",
    "kind": "launch",
    "outcome": "refused",
    "lms": "Example University",
    "person": "9f86d081884c7d65",
    "code": "nonce_used",
    "reference": "4be1f09a33",
}
WRONG_VIEW = attempt(
    Step.WRONG_VIEW,
    own_clip=True,
    position=None,
    of=None,
    clip=CLIP,
    wrong_view=WrongView(
        sentence="This doesn't look like an apical four-chamber view. "
        "Your grade isn't affected and no attempt was used.",
        may_ask=True,
        kept="Your estimate of 42 % was locked in at 14:02 UTC.",
        why="Google's Gemini looked at 8 pictures of the masked clip.",
    ),
)
UNAVAILABLE = ViewNotice(
    sentence="The view check isn't responding. You can go on.", caution=True, may_ask=True
)
UNSURE = ViewNotice(
    sentence="We can't confirm this is an apical four-chamber view.", settled=True, caution=True
)
LOW_AGREEMENT = attempt(
    Step.REVEAL,
    own_clip=True,
    clip=CLIP,
    reveal=replace(
        REVEAL,
        reference_kind="software",
        seen_before="You've already seen the answer for this clip.",
        model=REVEAL.model
        and replace(
            REVEAL.model,
            warnings=("The software isn't sure about this clip: parts of it gave other numbers.",),
        ),
    ),
)
MORE_STEPS = {
    "wrong-view": WRONG_VIEW,
    "view-unsure": attempt(
        Step.ESTIMATE,
        own_clip=True,
        clip=CLIP,
        view_notice=UNSURE,
        estimate=EstimateView(seen=True),
    ),
    "view-unavailable": attempt(
        Step.ESTIMATE,
        own_clip=True,
        clip=CLIP,
        view_notice=UNAVAILABLE,
        estimate=EstimateView(),
    ),
    "low-agreement": LOW_AGREEMENT,
}
# Each screen: its template, and what it is given. `launch` None: of nobody's launch.
SCREENS: dict[str, tuple[str, dict[str, object]]] = OBJECTIONS | {
    "pick": ("pick", PICK),
    "pick-exam-wrong": (
        "pick",
        PICK
        | {
            "setup": setup(wrong=True, kind="exam", title="", cases="99", closes="x", zone="Mars"),
            "problem": "Your LMS takes one activity at a time here.",
            "chosen": [Chosen(title="Week 2", said="Own clip. Taking part earns full credit.")],
        },
    ),
    "settings": ("settings", SETTINGS),
    "settings-column": (
        "settings",
        SETTINGS
        | {
            "effects": [*EFFECTS, column_rule(COLUMN)],
            "column": column_standing(COLUMN),
        },
    ),
    "settings-own": (
        "settings",
        SETTINGS
        | {
            "setup": replace(setup(kind="own_clip"), kind_is_fixed=True, more_open=True),
            "intro": "These settings were copied from another activity.",
            "problem": "Somebody has changed these settings since you opened this page.",
            "saved": False,
        },
    ),
    "exam": ("practice", LIST | {"exam": EXAM, "next_path": None}),
    "exam-running": ("practice", LIST),
    "exam-over": (
        "practice",
        LIST | {"exam": replace(EXAM, begin_path=None, over="Your time is over.")},
    ),
    "mastery": ("practice", LIST | {"exam": None, "mastery": draw_mastery(LOOKS, library=12)}),
    "parts": (
        "practice",
        LIST
        | {
            "exam": None,
            "groups": [
                GroupView(heading="First part", sentence=None, cases=WAITING),
                GroupView(
                    heading="Second part",
                    sentence="The second part opens on 3 Dec 2026, 23:59 (Europe/Berlin).",
                    cases=[],
                ),
            ],
            "compared": "Mean error in the first part: 9.1 points; in the second: 6.2.",
        },
    ),
    "practice-new": (
        "practice",
        LIST
        | {
            "exam": None,
            "due": DUE,
            "groups": one_group(
                replace(CASES[2], position=n, path=f"/l/7b1e/cases/{n}") for n in range(1, 13)
            ),
            "lead": 1,
            "next_path": None,
        },
    ),
    "practice-in-common": (
        "practice",
        LIST
        | {
            "exam": None,
            "grade": GradeView(
                sentence="82 of 100 points.",
                delivery=Delivery.RETRYING,
                at="23 Nov, 14:02 UTC",
            ),
            "groups": one_group(
                [
                    *CASES,
                    replace(CASES[2], position=4, state="shut", outcome=WAITS),
                    replace(CASES[2], position=5, outcome=KNOWN),
                    replace(CASES[2], position=6, state="spared", outcome=WAITED),
                ]
            ),
        },
    ),
    "pick-parts": (
        "pick",
        PICK | {"setup": setup(wrong=True, kind="pre_post", in_a_part="6", second_opens="x")},
    ),
    "pick-closeness": (
        "pick",
        PICK | {"setup": setup(kind="own_clip", own_grade_by="linear", counting="mean")},
    ),
    "progress": ("progress", {"progress": PROGRESS}),
    "progress-empty": (
        "progress",
        {
            "progress": replace(
                PROGRESS,
                summary=summary_words([]),
                bias=None,
                skill=None,
                mastery=draw_mastery([]),
                missing=5,
                patterns=None,
                due=None,
                cases=(),
            )
        },
    ),
    "past": ("past", {"past": PAST}),
    "past-none": (
        "past",
        {"past": replace(PAST, cases=(), newer=None, older=None, summary="0 cases.")},
    ),
    "class-exam": (
        "class",
        {
            "heading": "Exam",
            "summary": "1 of 2 started, 0 finished.",
            "has_roster": True,
            "roster": "Course list of 23 Nov, 12:00 UTC.",
            "missing": 0,
            "rows": [
                class_row(
                    "Ada",
                    Delivery.NONE,
                    factor="1.5",
                    may_restart=True,
                    mean_error=5.5,
                    bias=-2.0,
                    first_error=9.1,
                )
            ],
            "of": 3,
            "maximum": "100",
            "path": "/l/7b1e",
            "may_send": True,
            "may_decide": True,
            "typed": None,
            "factors": ("1", "1.25", "1.5", "2"),
            "notes": ["Cases that are part of other activities of this course as well: 2."],
            "window": "It closes on 3 Dec 2026, 23:59 (Europe/Berlin).",
            "settings_path": "/l/7b1e/settings",
        },
    ),
    "choose-due": (
        "attempt",
        {
            "attempt": attempt(Step.CHOOSE, own_clip=True),
            "due": replace(DUE, here=()),
        },
    ),
    "work": (
        "review",
        {
            "learner": "Ada Okafor",
            "rows": [work_row(1, "42 %", "attempt-1"), work_row(2, "60 %", None)],
            "given_back": [
                GivenBack(
                    estimate="15 %", at="2026-11-23 12:00 UTC", reason="The clip did not play."
                )
            ],
            "reopen_path": "/l/7b1e/learners/1/reopen",
            "reason": "",
            "error": "Say why, in up to 300 characters: the learner can read it.",
            "class_path": "/l/7b1e",
        },
    ),
    "view": (
        "view",
        {
            "attempt": attempt(Step.WAITING, own_clip=True, clip=CLIP),
            "reason": "the check says: another view",
            "home_path": "/l/7b1e",
        },
    ),
    "operator": ("operator", OPERATOR),
    "operator-enter": ("operator_enter", {"action": "/operator/enter/x"}),
    "operator-events": (
        "operator_events",
        {"csrf": "proof", "reference": "", "troubles": True, "events": [EVENT, EVENT]},
    ),
    "operator-test": (
        "operator_test",
        {
            "csrf": "proof",
            "lms": "Example University",
            "action": "/operator/registrations/1/test",
            "steps": [
                Trial(name="Keys", found=Found.FINE, sentence="Its keys can be read."),
                Trial(name="Token", found=Found.WRONG, sentence="It gives no token."),
                Trial(name="Clock", found=Found.DOUBTFUL, sentence="It is 40 seconds behind."),
            ],
            "works": False,
        },
    ),
}
WITHOUT_LAUNCH = {name for name in SCREENS if name.startswith("operator")}
