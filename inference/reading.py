"""What goes in and out of inference: plain data, clip limits and errors; imports nothing heavy."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil
from typing import Final

from inference.primitives import Primitives

# Of a million bytes each, as phones and pages count them.
MAX_UPLOAD_MEGABYTES: Final = 50
MAX_UPLOAD_BYTES: Final = MAX_UPLOAD_MEGABYTES * 1_000_000
SHORTEST_SECONDS: Final = 1.0  # below it even a padded clip may miss end systole
FULL_SECONDS: Final = 1.28  # the network's window: 32 frames at 25 Hz; shorter is padded
LONGEST_SECONDS: Final = 20.0
DECODED_SECONDS: Final = 60.0  # decoding stops here, whatever the header says
LOWEST_FRAME_RATE: Final = 10.0
HIGHEST_FRAME_RATE: Final = 150.0
UNCHOSEN_SECONDS: Final = 0.16  # where a clip opens for which no frame was chosen
LOW_AGREEMENT_SPREAD: Final = 8.0  # points, standard deviation over at least four clips
LOW_AGREEMENT_HALF_WIDTH: Final = 15.0  # points
CLIPS_FOR_AGREEMENT: Final = 4

SHORT_CLIP: Final = "short_clip"
FRAME_RATE_TOLD: Final = "frame_rate_told"
OUT_OF_DOMAIN: Final = "out_of_domain"
FEW_BEATS: Final = "few_beats"
POOR_QUALITY: Final = "poor_quality"
VIEW_NOT_CONFIRMED: Final = "view_not_confirmed"
DEMO_MODEL_ON_REAL_HEART: Final = "demo_model_on_real_heart"


# Heart-failure categories by their lower bounds, on whole percents: up to 40, 41 to 49, 50 and up.
CATEGORIES: Final = (("reduced", 0), ("mildly_reduced", 41), ("preserved", 50))

PHANTOM_OUTLINES: Final = "Phantom outline model"  # learnt from drawn hearts, for drawn hearts
DRAWN_BORDER: Final = "drawn_border"  # the border that a phantom was drawn with: exact


class RefusalCode(StrEnum):
    """Why a clip cannot be used: each is a message that its owner can act on."""

    UNREADABLE = "unreadable"
    UNSUPPORTED_TYPE = "unsupported_type"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_LARGE = "too_large"
    STILL_IMAGE = "still_image"
    FRAME_RATE_UNKNOWN = "frame_rate_unknown"
    NO_SECTOR = "no_sector"
    TWO_IMAGES = "two_images"
    COLOUR_DOPPLER = "colour_doppler"
    LIBRARY_CASE = "library_case"


class InferenceError(Exception):
    """A clip was not prepared or not read."""


@dataclass(slots=True, eq=False)
class ClipRefused(InferenceError, Primitives):
    """The clip itself is the reason: trying again will not help.

    detail: the figure behind the code, such as {"seconds": 48.2}, {"megabytes": 83.0} or
            {"kind": "PDF"}.
    """

    code: RefusalCode
    detail: dict[str, float | str] = field(default_factory=dict[str, float | str])

    def __str__(self) -> str:
        """The code and its figures."""
        return " ".join([self.code, *(f"{key}={value}" for key, value in self.detail.items())])


class ReaderUnavailable(InferenceError):
    """The reader failed, not the clip: try again later."""


@dataclass(frozen=True, slots=True)
class Box(Primitives):
    """A rectangle in pixels of the masked clip, from its top left corner.

    legible: whether a word was read in it beyond doubt; what it says is never kept.
    """

    x: int
    y: int
    width: int
    height: int
    legible: bool = False

    def lies_in(self, other: "Box") -> bool:
        """Whether the other one hides it wholly."""
        across = other.x <= self.x and self.x + self.width <= other.x + other.width
        return across and other.y <= self.y and self.y + self.height <= other.y + other.height

    def shares_most_with(self, other: "Box") -> bool:
        """Whether both are more alike than not: common area over the area of either."""
        across = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        down = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        common = max(0, across) * max(0, down)
        return 2 * common > self.width * self.height + other.width * other.height - common


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedClip(Primitives):
    """A masked clip, as stored: times in seconds from 0, sizes in pixels.

    text_boxes: where writing seems to lie over the picture: to be covered before it is shown.
    poster:     the frame that it opens at, in the middle of a beat; None for clips that were
                prepared before one was chosen.
    """

    sha256: str
    frame_times: tuple[float, ...]
    width: int
    height: int
    frames_per_second: float
    seconds: float
    frame_rate_told: bool
    code: str
    stages: dict[str, float]
    text_boxes: tuple[Box, ...] = ()
    poster: int | None = None

    @property
    def opens_at(self) -> float:
        """The middle of the poster's time, in seconds: there a player shows it and no other."""
        if self.poster is None:
            return UNCHOSEN_SECONDS
        shown = self.frame_times[self.poster : self.poster + 2]
        return round(sum(shown) / len(shown), 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat(Primitives):
    """One beat, by the frames at which the cavity is largest and, after that, smallest."""

    end_diastole: int
    end_systole: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline(Primitives):
    """The cavity's border in one frame: points as shares of the picture's width and height."""

    frame: int
    points: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing(Primitives):
    """What the ventricle's outline tells of a clip: never a volume, never an LVEF.

    source:      who drew the outline: DRAWN_BORDER, or a model's name.
    areas:       the cavity's area in each frame, percent of the clip's largest.
    heart_rate:  beats per minute, from the times of end systole; None for fewer than two beats.
    irregular:   whether the beats differ in length by more than a fifth; None for too few beats.
    later:       the outlines at the ends of further beats, few enough for a page to hold.
    """

    source: str
    areas: tuple[float, ...]
    beats: tuple[Beat, ...]
    end_diastole: Outline
    end_systole: Outline
    heart_rate: float | None
    irregular: bool | None
    later: tuple[Outline, ...] = ()

    def first_beat(self, times: Sequence[float]) -> tuple[float, float] | None:
        """Where the first whole beat begins and how long it lasts, in seconds; None where none is
        known.

        times: seconds of every frame.
        """
        if len(self.areas) != len(times) or len(self.beats) < 2:
            return None
        begins, ends = (times[beat.end_diastole] for beat in self.beats[:2])
        return round(begins, 3), round(ends - begins, 3)


class Outcome(StrEnum):
    """What triage decided: unsure may be read, and is labelled so."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict(Primitives):
    """What triage found: the view, who checked it, and why."""

    outcome: Outcome
    view: str
    checked_by: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions(Primitives):
    """Everything that may change a reading's number."""

    model: str
    model_sha256: str
    demo_model: bool
    code: str
    triage: str
    device: str
    dtype: str
    clips: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Primitives):
    """The software's LVEF in percent; half-width and spread in points.

    half_width: None where the model's error on such a heart is unknown.
    spread:     standard deviation over the clips that were averaged.
    categories: every one that the range touches, lowest first; none where the range is unknown.
    heart_rate: beats per minute, by when the picture comes back to itself; None where it does not.
    """

    lvef: float
    half_width: float | None
    spread: float
    clip_lvefs: tuple[float, ...]
    low_agreement: bool
    warnings: tuple[str, ...]
    verdict: Verdict
    versions: Versions
    stages: dict[str, float]
    categories: tuple[str, ...] = ()
    heart_rate: float | None = None


def too_long(seconds: float) -> ClipRefused:
    """The refusal of a clip beyond the limit, which it names."""
    return ClipRefused(
        RefusalCode.TOO_LONG, {"seconds": round(seconds, 1), "limit": LONGEST_SECONDS}
    )


def check_trim(trim: tuple[float, float] | None) -> None:
    """A trim is (from, to) in seconds of the raw clip, within what is ever decoded."""
    if trim is not None and not 0 <= trim[0] < trim[1] <= DECODED_SECONDS:
        raise ValueError(f"a trim from {trim[0]} to {trim[1]} seconds")


def megabytes(size: int) -> int:
    """How large a file is, in whole megabytes: rounded up, so that what is too large sounds so."""
    return ceil(size / 1_000_000)


def too_large(size: int) -> ClipRefused:
    """The refusal of a file beyond the limit, in megabytes."""
    return ClipRefused(RefusalCode.TOO_LARGE, {"megabytes": megabytes(size)})


def agreement_is_low(lvefs: int, spread: float, half_width: float | None) -> bool:
    """Whether the clips disagree, or the range is too wide to teach from."""
    apart = lvefs >= CLIPS_FOR_AGREEMENT and spread > LOW_AGREEMENT_SPREAD
    return apart or (half_width is not None and half_width > LOW_AGREEMENT_HALF_WIDTH)


def categories_within(lvef: float, half_width: float | None) -> tuple[str, ...]:
    """The categories between the two ends of a range: more than one is a gray zone."""
    if half_width is None:
        return ()
    low, high = round(lvef - half_width), round(lvef + half_width)
    above = [bound for _, bound in CATEGORIES[1:]]
    first, last = (sum(end >= bound for bound in above) for end in (low, high))
    return tuple(name for name, _ in CATEGORIES[first : last + 1])
