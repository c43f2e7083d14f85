"""The part of `eyeball doctor` that has a drawn heart read, outlined, and its view checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inference.cards import read_card
from inference.checking import look
from inference.client import PhantomCase, draw_one_case
from inference.reading import InferenceError, Tracing
from inference.triaged import ClipNotAccepted, TriageSettings
from service.cloud_settings import ViewCheck
from service.reading import make_outliner, make_phantom_outliner, make_reader
from service.settings import Settings

NEAR_ENOUGH = 15.0  # points, for the one model that knows drawn hearts
SAME_MOMENT = 0.13  # seconds between the end systole that was drawn and the one that is found


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    fine: bool
    sentence: str


async def drawn_heart(folder: Path) -> PhantomCase | InferenceError:
    """A heart to try the reader with, or why none could be drawn."""
    try:
        return await draw_one_case(folder)
    except InferenceError as error:
        return error


async def check_reader(settings: Settings, heart: PhantomCase | InferenceError) -> Finding:
    """Read the heart: decoder, weights and network, as the service would."""
    if isinstance(heart, InferenceError):
        return Finding(False, f"Reader: no heart was drawn to read: {heart}.")
    try:
        reading = await make_reader(settings).read(
            heart.path, heart.prepared.frame_times, phantom=True
        )
        installed = read_card(settings.models_folder)
    except InferenceError as error:
        return Finding(False, f"Reader: {error}.")
    if settings.cloud.modal and reading.versions.model_sha256 != installed.sha256:
        return Finding(
            False,
            f"Reader: Modal reads by {reading.versions.model}, but the pages here speak of "
            f"{installed.name}. Install the same weights here, then `eyeball modal deploy`.",
        )
    where = "on Modal " if settings.cloud.modal else ""
    said = (
        f"Reader: {where}{reading.versions.model} read a drawn heart of {heart.lvef:g} % "
        f"as {reading.lvef:.1f} %"
    )
    if not reading.versions.demo_model:
        return Finding(True, f"{said}. It has learnt from no drawn hearts: only that it reads.")
    return Finding(abs(reading.lvef - heart.lvef) < NEAR_ENOUGH, f"{said}.")


async def check_outliner(settings: Settings, heart: PhantomCase | InferenceError) -> Finding:
    """Outline the heart, where a model for that is installed."""
    try:
        outliner = make_outliner(settings)
        if outliner is None or isinstance(heart, InferenceError):
            return Finding(
                True,
                "Outlines of real hearts: no model for these is installed; learners mark them.",
            )
        found = await outliner.outline(heart.path, heart.prepared.frame_times)
    except InferenceError as error:
        return Finding(False, f"Outlines: {error}.")
    what = "no beat" if found is None else f"{len(found.beats)} beats"
    return Finding(
        True,
        f"Outlines: the model works; it saw {what} in a drawn heart. It has learnt from no drawn "
        "hearts: only that it answers counts.",
    )


async def check_phantom_outliner(heart: PhantomCase | InferenceError) -> Finding:
    """Outline the heart as drawn hearts are, and hold its beats against those it was drawn with."""
    if isinstance(heart, InferenceError) or heart.tracing is None:
        return Finding(False, "Outlines of drawn hearts: no heart was drawn to outline.")
    times = heart.prepared.frame_times
    try:
        found = await make_phantom_outliner().outline(heart.path, times)
    except InferenceError as error:
        return Finding(False, f"Outlines of drawn hearts: {error}.")
    beats = same_beats(heart.tracing, found, times)
    return Finding(
        2 * beats > len(heart.tracing.beats),
        f"Outlines of drawn hearts: {found.source if found else 'the model'} found "
        f"{beats} of {len(heart.tracing.beats)} beats where they were drawn.",
    )


def same_beats(drawn: Tracing, found: Tracing | None, times: Sequence[float]) -> int:
    """How many of the drawn beats end where a found one does."""
    ends = [times[beat.end_systole] for beat in found.beats] if found else []
    return sum(
        any(abs(times[beat.end_systole] - end) <= SAME_MOMENT for end in ends)
        for beat in drawn.beats
    )


async def check_view(settings: Settings, heart: PhantomCase | InferenceError) -> Finding:
    """Ask Gemini about the heart, which costs a fraction of a cent; or say who checks."""
    cloud = settings.cloud
    if cloud.view_check is not ViewCheck.GEMINI:
        return Finding(True, f"View check: {cloud.view_check}. EYEBALL_TRIAGE changes it.")
    if isinstance(heart, InferenceError):
        return Finding(False, "View check: not tried without a heart to ask about.")
    if cloud.modal is not None:
        return await ask_on_modal(settings, heart)
    return await ask_about(heart.path, cloud.triage)


async def ask_about(clip: Path, triage: TriageSettings) -> Finding:
    """Whether Gemini answers about a clip."""
    try:
        triaged = await look(clip, triage)
    except InferenceError as error:
        key = "EYEBALL_VERTEX_PROJECT and its credentials" if triage.project else "GEMINI_API_KEY"
        return Finding(False, f"View check: {error}. Are {key} and EYEBALL_GEMINI_MODEL right?")
    return Finding(True, f"View check: {triaged.version} answered.")


async def ask_on_modal(settings: Settings, heart: PhantomCase) -> Finding:
    """Whether Gemini answers the reader on Modal, which holds the key: as of a learner's clip."""
    try:
        reading = await make_reader(settings).read(heart.path, heart.prepared.frame_times)
        answered = reading.versions.triage
    except ClipNotAccepted as rejected:
        answered = rejected.triaged.version
    except InferenceError as error:
        return Finding(
            False,
            f"View check on Modal: {error}. If it is deployed: does its secret eyeball-triage hold"
            " the key?",
        )
    return Finding(True, f"View check: {answered} answered the reader on Modal.")
