"""Which readings say anything about a learner, and a stored reading as plain data again."""

from inference.reading import Outcome
from inference.reading import Reading as SoftwareReading
from service.models import Reading, Score

SOFTWARE = "software"
SHORT = "short_clip"


def unsealed(reading: Reading | None) -> SoftwareReading | None:
    """A stored reading as plain data again."""
    if reading is None or reading.body is None:
        return None
    return SoftwareReading.from_primitives(reading.body)


def is_trusted(reading: Reading | None) -> bool:
    """Whether a reading was made by a model for real hearts, of a view that was confirmed."""
    found = unsealed(reading)
    return (
        found is not None
        and not found.versions.demo_model
        and not found.low_agreement
        and found.verdict.outcome is Outcome.ACCEPTED
    )


def can_be_scored(reading: Reading) -> bool:
    """Whether how close an estimate came to a reading may be scored: a clip that is shorter than
    the model's own is no fair measure."""
    found = unsealed(reading)
    return found is not None and is_trusted(reading) and SHORT not in found.warnings


def tells_how_close(score: Score, reading: Reading | None) -> bool:
    """Whether the gap to what an estimate was compared with says anything about the learner."""
    return score.reference_source != SOFTWARE or is_trusted(reading)
