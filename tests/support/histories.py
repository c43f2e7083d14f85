"""What a learner has done, as the pages about it show it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from service.pages.patterns import draw_mastery, draw_patterns
from service.pages.progress import bias_words, summary_words
from service.pages.trends import CasesView, Choice, DueView, PastCase, ProgressView
from service.progress import Look

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PAIRS = [(42, 51.0), (60, 55.0), (35, 22.0), (65, 60.4), (50, 48.0), (30, 33.0)] * 3
LOOKS = [
    Look(
        case=str(n),
        estimate=estimate,
        reference=reference,
        at=NOON + timedelta(hours=n),
        half_width=(5, 10, 15, 20)[n % 4],
    )
    for n, (estimate, reference) in enumerate(PAIRS)
]
OWN = PastCase(
    label="Your own clip",
    activity="Week 2",
    day=NOON,
    estimate="42",
    reference=None,
    gap=None,
    status="unscored",
    path=None,
)
DONE = replace(
    OWN,
    label="Case 3",
    activity="Week 3",
    reference="51",
    gap="You read 9 points low.",
    status="scored",
    path="/l/7b1e/attempts/42",
)
PAST = CasesView(
    path="/l/7b1e/progress/cases",
    progress_path="/l/7b1e/progress",
    home_path="/l/7b1e",
    summary="4 cases.",
    activities=(
        Choice(value="1", label="Week 3: the ejection fraction", chosen=True),
        Choice(value="2", label="Week 2", chosen=False),
    ),
    categories=(Choice(value="0", label="50 % or above", chosen=False),),
    cases=(
        replace(DONE, status="waiting", reference=None, gap=None),
        replace(DONE, picture="/stills/4e1/0?sig=1"),
        replace(DONE, status="practice", picture="/stills/4e1/0?sig=1", path=None),
        replace(OWN, deleted_at=NOON),
    ),
    newer=1,
    older=3,
)
DUE = DueView(
    here=(("Case 3", "/l/7b1e/cases/3/again"), ("Case 5", "/l/7b1e/cases/5/again")),
    elsewhere=('"Week 2": 3 cases', '"Week 1": 1 case'),
)
PROGRESS = ProgressView(
    path="/l/7b1e/progress",
    home_path="/l/7b1e",
    summary=summary_words(LOOKS),
    bias=bias_words(LOOKS),
    skill="Your error is 49 % smaller than that of always saying 55.",
    mastery=draw_mastery(LOOKS),
    missing=0,
    patterns=draw_patterns(LOOKS),
    due=DUE,
    cases=(DONE, OWN),
    cases_path="/l/7b1e/progress/cases",
)
