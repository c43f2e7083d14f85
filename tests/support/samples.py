"""What the pages are given at each step, as the service would: for tests that need no service."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from markupsafe import Markup

from service.pages.cases import GroupView
from service.pages.classroom import ClassRow
from service.pages.clock import ClockView
from service.pages.views import (
    AnchorView,
    AttemptView,
    BesideView,
    CaseView,
    ClipView,
    CoverView,
    CurveView,
    Delivery,
    DialView,
    EstimateView,
    ExplainedView,
    GradeView,
    LaunchView,
    Mark,
    ModelView,
    MomentView,
    PlaceView,
    Refusal,
    RegradeView,
    RevealView,
    Stage,
    Step,
    StillView,
)
from service.words import day_and_time
from tests.support.model_facts import MODEL_CARD

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
PATH = "/l/7b1e/attempts/42"
PHANTOM = "phantom model: not for real hearts"

LAUNCH = LaunchView(
    id="7b1e",
    learner="Ada Okafor",
    course="Cardiology",
    activity="Week 3",
    csrf="csrf-proof",
    handle=None,
    preview=False,
    read_only=None,
    due=Markup("Due {}").format(day_and_time(datetime(2026, 11, 30, 22, 59, tzinfo=UTC))),
    cap="Your LMS counts attempts. When you came in, you had used 1 of 3.",
)
CLIP = ClipView(
    url="/clips/masked.mp4?sig=1",
    frame_times=tuple(k / 25 for k in range(50)),
    opens_at=0.18,
    seconds=2.0,
    frames_per_second=25,
    width=640,
    height=480,
    label="Apical four-chamber clip, case 3",
)
STAGES = (
    Stage(label="Estimate locked", done=True, active=False),
    Stage(label="Checking the view", done=False, active=True),
    Stage(label="Measuring", done=False, active=False),
)
GRADE = GradeView(sentence="73 of 100 points.", delivery=Delivery.SENT)
REVEAL = RevealView(
    headline="You said 42 %. The reference is 51 %.",
    gap="You read 9 points low.",
    estimate="42",
    reference="51",
    reference_kind="reference",
    within="Within 10 points of the reference",
    own_range="37–47 %: it missed the reference.",
    score="Score for this case: 73 %.",
    rule="Full marks within 5 points, none beyond 20.",
    category="Yours 41–49 %, here ≥50 %: one band apart.",
    dial=DialView(
        marks=(
            Mark(value=42, label="You", kind="estimate"),
            Mark(value=51.0, label="Reference", kind="reference"),
            Mark(value=47.3, label="Software", kind="reading"),
        ),
        low=41.0,
        high=54.0,
        ticks=(0, 25, 50, 75, 100),
        sentence="You 42 %; Reference 51 %; Software 47.3 %.",
        own_low=37,
        own_high=47,
    ),
    model=ModelView(
        name="phantom-1",
        label=PHANTOM,
        lvef="47.3",
        range_words="likely 41–54 %",
        view_check="View not confirmed.",
        warnings=("Short clip.", "Fewer than two whole beats.", "Walls stand out poorly here."),
        categories="This range touches more than one category: 41–49 %; 50 % or above.",
        heart_rate=None,
        page="/models/3f9a",
        versions=(("Weights (sha256)", "3f9a"),),
    ),
    grade=GRADE,
    known=False,
    cue="You read low. Watch how far the mitral annulus comes down towards the apex.",
    regrade=RegradeView(),
)


EXPLAINED = ExplainedView(
    stills=tuple(
        StillView(
            url=f"/stills/4e1/{frame}?sig=1",
            name=name,
            frame=frame,
            seconds=f"{frame / 25:.2f}",
            outline="40,30 60,30 70,70 50,85 30,70",
        )
        for name, frame in (("End diastole", 0), ("End systole", 9))
    ),
    curve=CurveView(
        line=" ".join(f"{2 * k:.1f},{30 + 20 * (k % 5)}.0" for k in range(50)),
        end="2.0",
        times=CLIP.frame_times,
        moments=tuple(
            MomentView(
                frame=k,
                seconds=f"{k / 25:.2f}",
                area=100 - 6 * (k % 10),
                named="end diastole" if k == 0 else None,
            )
            for k in range(50)
        ),
        sentence="The cavity's area over 2.0 seconds: it shrinks to 46 % of its largest.",
    ),
    rhythm="About 72 beats a minute.",
    source="The outline is the border that this phantom was drawn with.",
    end_diastole=(0, 20),
    end_systole=(9, 29),
    borders=tuple((frame, "40,30 60,30 70,70 50,85 30,70") for frame in (0, 9)),
)
BELOW, ABOVE = [
    AnchorView(
        name=name,
        label=label,
        lvef=f"{lvef}",
        drawn=name != label,
        url=f"/clips/{lvef}.mp4?sig=1",
        opens_at=0.22,
        width=640,
        height=480,
        cycle=(0.2, 0.5),
    )
    for lvef, name, label in (
        (40.3, "Case 4", "Case 4"),
        (60, "Drawn heart, exact LVEF", "Drawn heart, LVEF exactly 60 %"),
    )
]
BESIDE = BesideView(
    sentence="A case that you have done and a drawn heart with an exact LVEF.",
    below=BELOW,
    above=ABOVE,
    cycle=(0.0, 0.8),
)


BY_CERTAINTY = EstimateView(asks_certainty=True, certainty="2")
CLOCK = ClockView(until="14:32 (Europe/Berlin)", seconds=250)


def attempt(step: Step, **more: object) -> AttemptView:
    base = AttemptView(path=PATH, step=step, own_clip=False, position=3, of=10)
    return replace(base, **more)  # type: ignore[arg-type]


AT_EACH_STEP = {
    Step.CHOOSE: attempt(Step.CHOOSE, own_clip=True),
    Step.MASKING: attempt(Step.MASKING, own_clip=True, stages=STAGES, version="m 1&2"),
    Step.ESTIMATE: attempt(Step.ESTIMATE, clip=CLIP, estimate=EstimateView()),
    Step.REVIEW: attempt(Step.REVIEW, clip=CLIP, estimate=EstimateView(lvef="42", known=True)),
    Step.WAITING: attempt(
        Step.WAITING,
        stages=STAGES,
        version="w1",
        waiting_words="Starting the analyser.",
        estimate=EstimateView(lvef="42"),
        locked_at=datetime(2026, 11, 23, 14, 2, tzinfo=UTC),
    ),
    Step.REVEAL: attempt(
        Step.REVEAL,
        clip=CLIP,
        reveal=replace(REVEAL, explained=EXPLAINED, beside=BESIDE),
        next_path="/l/7b1e/cases/4",
        next_label="Next case",
        home_path="/l/7b1e",
    ),
    Step.SEALED: attempt(
        Step.SEALED,
        estimate=EstimateView(lvef="42"),
        sealed="Answers open on 3 Dec 2026, 23:59 (Europe/Berlin).",
        clock=CLOCK,
        next_path="/l/7b1e/cases/4",
        next_label="Next case",
        home_path="/l/7b1e",
    ),
    Step.SHUT: attempt(
        Step.SHUT, shut="This closed on 3 Dec 2026, 23:59 (Europe/Berlin).", home_path="/l/7b1e"
    ),
    Step.UNREAD: attempt(
        Step.UNREAD, own_clip=True, unread="The analyser was not available.", grade=GRADE
    ),
}
TWO_BEATS = replace(EXPLAINED, borders=tuple((k, EXPLAINED.borders[0][1]) for k in (0, 9, 20, 29)))
DRAWING = replace(EXPLAINED, stills=(), curve=None, rhythm=None, borders=(), waits="Drawing them …")
MORE_STATES = {
    "reveal-beats": replace(AT_EACH_STEP[Step.REVEAL], reveal=replace(REVEAL, explained=TWO_BEATS)),
    "reveal-drawing": replace(AT_EACH_STEP[Step.REVEAL], reveal=replace(REVEAL, explained=DRAWING)),
    "estimate-exam": attempt(Step.ESTIMATE, clip=CLIP, clock=CLOCK, estimate=BY_CERTAINTY),
    "refused": attempt(
        Step.CHOOSE,
        own_clip=True,
        refusal=Refusal(sentence="This clip is 48 seconds; the limit is 20.", asks_trim=True),
    ),
    "refused-earlier": attempt(
        Step.CHOOSE,
        own_clip=True,
        refusal=Refusal(sentence="This clip shows colour flow over the heart.", earlier=True),
    ),
    "frame-rate": attempt(
        Step.CHOOSE,
        own_clip=True,
        refusal=Refusal(sentence="This file doesn't say its frame rate.", asks_frame_rate=True),
    ),
    "cover": attempt(
        Step.COVER,
        own_clip=True,
        clip=CLIP,
        cover=CoverView(
            places=(
                PlaceView(x=10, y=20, width=90, height=14, legible=True),
                PlaceView(x=300, y=200, width=60, height=14, legible=False),
            ),
            picture="3f9a",
            may_go_back=False,
        ),
    ),
    "estimate-wrong": attempt(
        Step.ESTIMATE,
        own_clip=True,
        clip=CLIP,
        estimate=EstimateView(
            lvef="142",
            half_width="10",
            needs_attestation=True,
            lvef_error="Type a whole number from 0 to 100.",
            attest_error="Please confirm this before you lock in.",
        ),
    ),
    "reveal-asked-nothing": attempt(
        Step.REVEAL,
        own_clip=False,
        clip=CLIP,
        reveal=replace(
            REVEAL,
            beside=BesideView(sentence="Once you have done a case about 10 points below or above."),
            regrade=RegradeView(typed=" ", error="Say in a few words what looks wrong."),
        ),
        next_path="/l/7b1e/cases/2",
        next_label="Next case",
    ),
    "reveal-own": attempt(
        Step.REVEAL,
        own_clip=True,
        clip=CLIP,
        reveal=replace(
            REVEAL,
            reference_kind="software",
            within=None,
            rule=None,
            dial=replace(REVEAL.dial, low=None, high=None),
            may_mark=True,
            seen_before="You've already seen the answer for this clip.",
            regrade=RegradeView(
                said="The outline\nis off.", closed="Looked at on 24 Nov.", note="It stays."
            ),
        ),
        may_delete=True,
        next_path="/l/7b1e/another",
        next_label="Try another clip",
    ),
}
SEALED_STEPS = [Step.CHOOSE, Step.MASKING, Step.ESTIMATE, Step.REVIEW, Step.WAITING]


def class_row(learner: str, delivery: Delivery, **known: object) -> ClassRow:
    """A line of the class."""
    facts: dict[str, object] = {
        "id": learner.casefold(),
        "learner": learner,
        "started": True,
        "done": 1,
        "mean_error": None,
        "bias": None,
        "score": None,
        "maximum": 100.0,
        "delivery": delivery,
        "at": None,
        "problem": None,
        "decided": None,
        "left": False,
    }
    return ClassRow(**(facts | known))  # type: ignore[arg-type]


CASES = [
    CaseView(
        position=1, path="/l/7b1e/cases/1", state="done", outcome="Yours 42 %, reference 51 %"
    ),
    CaseView(position=2, path="/l/7b1e/cases/2", state="waiting", outcome=None),
    CaseView(position=3, path="/l/7b1e/cases/3", state="new", outcome=None),
]
OTHER_PAGES: dict[str, dict[str, object]] = {
    "model": {"card": MODEL_CARD},
    "practice": {
        "groups": [GroupView(heading=None, sentence=None, cases=CASES)],
        "summary": "1 of 3 cases done.",
        "window": "It closes on 3 Dec 2026, 23:59 (Europe/Berlin).",
        "exam": None,
        "mastery": None,
        "due": None,
        "grade": GradeView(sentence="Nothing sent yet.", delivery=Delivery.SENDING),
        "next_path": "/l/7b1e/cases/3",
        "progress_path": "/l/7b1e/progress",
        "lead": 3,
        "delivery_path": "/l/7b1e/delivery",
    },
    "class": {
        "heading": "Week 3",
        "summary": "3 of 4 started, 2 finished.",
        "roster": "Course list of 23 Nov, 12:00 UTC.",
        "has_roster": True,
        "missing": 1,
        "rows": [
            class_row(
                "Ada",
                Delivery.SENT,
                done=3,
                mean_error=6.2,
                bias=-2.0,
                score=88,
                at="12:00 UTC",
            ),
            class_row("Lind", Delivery.NONE),
            class_row("Cem", Delivery.HELD, score=80, problem="It holds 12 of 100."),
            class_row("Zoe", Delivery.NONE, started=False, left=True),
            class_row("Dov", Delivery.NONE, exempt="He cannot see the clips."),
            class_row("Eve", Delivery.SENDING, score=80),
            class_row("Fay", Delivery.FOUND, score=80, at="12:00 UTC"),
        ],
        "of": 3,
        "maximum": "100",
        "path": "/l/7b1e",
        "may_send": True,
        "may_decide": True,
        "typed": None,
    },
    "notice": {
        "title": "There is no such page",
        "sentence": "Open it again.",
        "reference": "4be1f09a33",
        "home_path": "/l/7b1e",
        "home_label": "Back to the activity",
    },
}


def one_group(cases: Iterable[CaseView]) -> list[GroupView]:
    """A list of cases that is not parted."""
    return [GroupView(heading=None, sentence=None, cases=list(cases))]
