"""What the templates are given: plain values, already worded and rounded, nothing sealed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from inference.reading import MAX_UPLOAD_MEGABYTES
from service.pages.clock import ClockView


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchView:
    """Who is here, from where, and what a form must carry."""

    id: str
    learner: str  # a name, or "Learner 7F3A" where the platform sends none
    course: str
    activity: str
    csrf: str
    handle: str | None  # set only where the browser keeps no cookie for us
    preview: bool  # staff look, and are never graded
    read_only: str | None  # why nothing can be done here, as a sentence
    told: str | None = None  # what their teacher has decided, as a sentence
    due: str | None = None  # until when the LMS calls work on time, as a sentence
    cap: str | None = None  # how often the LMS takes work, as a sentence
    test_student: bool = False  # the LMS's made-up learner
    picker_path: str | None = None  # where somebody who tries a choice out goes back to
    at: str = ""  # the page that is shown, for who changes the language on it
    return_url: str | None = None  # the way back to the course, at an origin of the LMS


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipView:
    """A masked clip as the player needs it."""

    url: str  # signed, bound to this launch, good for a quarter of an hour
    frame_times: tuple[float, ...]  # seconds
    opens_at: float  # seconds, within a beat; chosen without a look at any answer
    seconds: float
    frames_per_second: float
    width: int
    height: int
    label: str  # identifies the clip and tells nothing of its answer


class Step(StrEnum):
    """Where the learner stands in one attempt: exactly one fragment is shown for each."""

    CHOOSE = "choose"  # own clip: nothing uploaded yet, or the last upload was refused
    MASKING = "masking"  # the clip is being decoded and masked
    COVER = "cover"  # text was found over the picture, or the learner wants to hide something
    ESTIMATE = "estimate"  # watch, and type a number
    REVIEW = "review"  # the number is shown once more before it is locked
    WRONG_VIEW = "wrong_view"  # another view: another clip, or a person's word
    WAITING = "waiting"  # locked; the reading is not there yet
    REVEAL = "reveal"  # the answer
    SEALED = "sealed"  # locked; the answer is shown once the activity has closed
    SHUT = "shut"  # not locked, and nothing can be locked in at this moment
    UNREAD = "unread"  # locked; there will be no reading, and it costs nothing


AFTER_THE_CLIP = {Step.REVEAL, Step.SEALED, Step.SHUT, Step.UNREAD}  # it is not replaced any more


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateView:
    """What the learner typed, and what is wrong with it."""

    lvef: str = ""
    half_width: str = ""  # "5", "10", "15", "20", or nothing chosen
    certainty: str = ""  # "1", "2", "3", or nothing chosen
    asks_certainty: bool = False  # instead of a half-width
    known: bool = False
    attested: bool = False
    needs_attestation: bool = False
    leaves_to: str = ""  # whom frames of an own clip are sent to
    lvef_error: str | None = None
    sure_error: str | None = None
    sure_counts: bool = False  # the activity's rule scores it
    seen: bool = False  # the learner knows this clip's answer already
    attest_error: str | None = None
    overtaken: str | None = None  # that another window locked in another number first

    @property
    def is_wrong(self) -> bool:
        """Whether anything has to be put right."""
        return bool(self.lvef_error or self.sure_error or self.attest_error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a clip was not taken, and what would help."""

    sentence: str
    asks_frame_rate: bool = False
    asks_trim: bool = False
    earlier: bool = False  # seen at another visit: there to be looked up


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceView:
    """Where text seems to lie over the picture, in pixels of the masked clip."""

    x: int
    y: int
    width: int
    height: int
    legible: bool  # words were read here beyond doubt: it can only be covered


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverView:
    """What was found over the picture, and whether there is a way back."""

    places: tuple[PlaceView, ...]
    picture: str  # which masked picture it was found in
    may_go_back: bool  # nothing was found, so nothing has to be covered


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewNotice:
    """How the check of the clip's view stands."""

    sentence: str
    caution: bool = False
    settled: bool = False  # nothing more comes of it by itself
    stop: bool = False  # the learner has to choose before they go on
    may_ask: bool = False
    may_replace: bool = False

    @property
    def version(self) -> str:
        """Changes whenever the notice should be drawn anew."""
        return f"{len(self.sentence)}-{self.may_ask:d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongView:
    """The clip shows another view: what that means, and what can be done."""

    sentence: str
    may_ask: bool
    kept: str | None  # what becomes of an estimate that is locked already
    why: str | None  # how the check came to its word


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One named step of the work that goes on behind the page."""

    label: str
    done: bool
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One point on the dial, 0 to 100 % LVEF."""

    value: float
    label: str
    kind: str  # "estimate", "reference" or "reading": shape and colour go with it


@dataclass(frozen=True, slots=True, kw_only=True)
class DialView:
    """The dial: where the marks and the range lie on a 0–100 axis."""

    marks: tuple[Mark, ...]
    low: float | None
    high: float | None
    ticks: tuple[int, ...]
    sentence: str  # the same in words
    own_low: float | None = None  # the learner's own range
    own_high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelView:
    """Which model read the clip, and how far its number can be trusted."""

    name: str
    label: str | None  # "phantom model: not for real hearts"
    lvef: str  # "47.3"
    range_words: str
    view_check: str
    warnings: tuple[str, ...]
    categories: str | None  # what its range touches
    heart_rate: str | None  # where no tracing tells it
    page: str  # the address of its model card
    versions: tuple[tuple[str, str], ...]  # (what, which)


class Delivery(StrEnum):
    """How a score stands on its way to the LMS."""

    NONE = "none"
    SENDING = "sending"
    SENT = "sent"
    FOUND = "found"  # the gradebook showed it before anything was sent
    RETRYING = "retrying"
    REFUSED = "refused"
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeView:
    """What the gradebook gets, in words."""

    sentence: str
    delivery: Delivery
    at: str | None = None  # when it was sent, or is tried again
    refusal: str | None = None  # what the learner has to know where the LMS said no


@dataclass(frozen=True, slots=True, kw_only=True)
class StillView:
    """One frame as a picture, with the cavity's outline where it is known."""

    url: str
    name: str
    frame: int
    seconds: str
    outline: str  # points of a polygon, in percent of the picture; or nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentView:
    """One row of the area curve's table."""

    frame: int
    seconds: str
    area: int
    named: str | None  # "end diastole" or "end systole"


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveView:
    """The cavity's area over the clip."""

    line: str  # points of a polyline, in percent
    end: str
    times: tuple[float, ...]
    moments: tuple[MomentView, ...]
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedView:
    """What an answer is explained with; what is not known is not there."""

    stills: tuple[StillView, ...]
    curve: CurveView | None
    rhythm: str | None
    source: str
    end_diastole: tuple[int, ...]
    end_systole: tuple[int, ...]
    borders: tuple[tuple[int, str], ...] = ()  # frame, and the outline on it as a polygon's points
    model: str | None = None  # that drew it, as its page is named
    waits: str = ""  # what is said in the place of pictures that are not there
    polls: bool = False  # whether they are on their way


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorView:
    """A heart to compare with: a case whose answer this learner knows, or one drawn for this."""

    name: str
    label: str  # for those who cannot see what stands below it
    lvef: str
    url: str
    opens_at: float
    width: int
    height: int
    cycle: tuple[float, float] | None  # seconds: where a beat begins, and how long it lasts
    drawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BesideView:
    """This case between hearts that lie about ten points below and above; or why there are none."""

    sentence: str
    below: AnchorView | None = None
    above: AnchorView | None = None
    cycle: tuple[float, float] | None = None  # of this case


@dataclass(frozen=True, slots=True, kw_only=True)
class RegradeView:
    """What the learner has told their teacher of this answer, and what the teacher said to it."""

    said: str | None = None  # as it was sent
    closed: str | None = None  # that it was looked at, when, and what came of it
    note: str | None = None  # of the teacher's
    typed: str = ""  # what could not be taken
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevealView:
    """The answer, once it may be shown."""

    headline: str  # "You said 42 %. The software read 51 %."
    gap: str  # "You read 9 points low."
    estimate: str
    reference: str
    reference_kind: str  # "reference" or "software"
    within: str | None  # "Within 10 points of the reference", or None
    score: str | None  # "Score for this case: 73 %" or why there is none
    rule: str | None
    category: str
    dial: DialView
    model: ModelView | None
    grade: GradeView
    known: bool
    own_range: str | None = None  # "37–47 %: it held the reference"
    cue: str | None = None
    explained: ExplainedView | None = None
    beside: BesideView | None = None
    may_mark: bool = False
    outlining: bool = False
    seen_before: str | None = None  # why this clip is not scored again
    regrade: RegradeView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """One row in the list of practice cases."""

    position: int
    path: str
    state: str  # "new", "draft", "shut", "spared", "waiting" or "done"
    outcome: str | None  # "Yours 42 %, reference 51 %: 9 points low"; or why it is shut


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One attempt on one clip, at one step."""

    path: str
    step: Step
    own_clip: bool
    position: int | None
    of: int | None
    clip: ClipView | None = None
    estimate: EstimateView | None = None
    refusal: Refusal | None = None
    cover: CoverView | None = None
    view_notice: ViewNotice | None = None
    wrong_view: WrongView | None = None
    may_delete: bool = False  # the clip is the learner's own, and nothing needs it any more
    clip_deleted_on: datetime | None = None
    stages: tuple[Stage, ...] = ()
    waiting_words: str | None = None
    reveal: RevealView | None = None
    unread: str | None = None
    grade: GradeView | None = None
    locked_at: datetime | None = None
    next_path: str | None = None
    next_label: str | None = None
    home_path: str | None = None
    progress_path: str | None = None
    clock: ClockView | None = None  # of an exam, while it runs
    sealed: str | None = None  # when the answer is shown
    shut: str | None = None  # why nothing can be locked in
    overtaken: str | None = None  # what was typed here and came too late
    reopened: str | None = None  # why the case is to be estimated again, as a sentence
    again: bool = False  # a further look at a case: practice, and not graded
    max_megabytes: int = MAX_UPLOAD_MEGABYTES
    version: str = ""  # changes whenever the waiting fragment should be drawn anew

    @property
    def takes_a_file(self) -> bool:
        """Whether a file can be chosen on this page, now or a step later."""
        return self.own_clip and self.step not in AFTER_THE_CLIP
