"""What the progress page's templates are given: charts with the figures of their tables."""

from dataclasses import dataclass
from datetime import datetime

from service.charts import AgreementChart, Bar, ErrorChart

type Rows = tuple[tuple[str, ...], ...]  # of the table that says the values which a chart draws


@dataclass(frozen=True, slots=True, kw_only=True)
class MasteryView:
    """How far on the way, and by which rule."""

    reached: bool
    percent: int
    sentence: str
    rule: str
    rows: Rows
    limit: str | None = None  # that there are too few cases here to get there


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementView:
    """Bland and Altman's plot, its three lines as text, and every mark."""

    chart: AgreementChart
    bias: str
    low: str
    high: str
    rows: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class GridView:
    """Categories of the reference (rows) against those of the estimates (columns)."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitsView:
    """How often estimates end in each digit."""

    bars: tuple[Bar, ...]
    rows: Rows
    sentence: str
    flagged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationView:
    """How often one half-width held."""

    row: tuple[str, ...]
    percent: int
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternsView:
    """All charts."""

    errors: ErrorChart
    error_rows: Rows
    agreement: AgreementView | None
    grid: GridView
    digits: DigitsView
    calibration: tuple[CalibrationView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCase:
    """One settled attempt in the list."""

    label: str
    activity: str
    day: datetime
    estimate: str
    reference: str | None
    gap: str | None
    status: str  # "scored", "taken", "practice", "waiting" or "unscored"
    path: str | None  # where it can be looked at again
    by_software: bool = False  # what it is compared with is a reading, no reference
    picture: str | None = None  # the address of a still
    deleted_at: datetime | None = None  # when its clip was


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One option of a filter."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesView:
    """The list of all that a learner has done, or the part of it that they ask for."""

    path: str
    progress_path: str
    home_path: str
    summary: str
    activities: tuple[Choice, ...]
    categories: tuple[Choice, ...]
    cases: tuple[PastCase, ...]
    newer: int | None  # which page
    older: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DueView:
    """The cases that should be looked at again by now."""

    here: tuple[tuple[str, str], ...]  # (label, where it can be looked at again)
    elsewhere: tuple[str, ...]  # other activities of the course, and how many cases in each


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressView:
    """The whole page."""

    path: str
    home_path: str
    summary: str
    bias: str | None
    skill: str | None
    mastery: MasteryView
    missing: int  # how many looks until there are charts
    patterns: PatternsView | None
    due: DueView | None
    cases: tuple[PastCase, ...]  # the latest
    cases_path: str
