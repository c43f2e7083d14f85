"""`python -m inference.looking FD`: check the view of one masked clip.

The local check comes first, and its veto costs nothing; then a kept verdict, else a new question.
The only child that opens connections: it sees none but our own masked MP4.
"""

import asyncio
import io
from typing import Final, cast

import cv2

from inference import child
from inference.reading import ClipRefused
from inference.remote import MISSING
from inference.triage import Motion, local_triage, pictures, spread
from inference.triaged import GEMINI, Triaged, TriageSettings, TriageUnavailable
from inference.video import Gray, frames_of

CPU_SECONDS: Final = 120


def main() -> None:
    """Answer one request."""
    cv2.setNumThreads(0)
    asked = child.begin(cpu_seconds=CPU_SECONDS, online=True)
    settings = TriageSettings.from_primitives(cast("dict[str, object]", asked["settings"]))
    try:
        triaged = asyncio.run(look(child.clip(), settings))
    except ClipRefused as refused:
        child.refuse(refused)
    except TriageUnavailable as error:
        child.tell("unavailable", error.to_primitives())
    else:
        child.tell("triaged", triaged.to_primitives())


async def look(
    clip: io.BufferedIOBase, settings: TriageSettings, kept: Triaged | None = None
) -> Triaged:
    """The verdict on a masked clip; ClipRefused or TriageUnavailable."""
    motion = Motion()
    for frame in frames_of(clip):
        motion.see(frame.gray)
    local = local_triage(motion)
    if kept is not None:
        return kept
    if settings.provider != GEMINI:
        return local
    try:
        from inference import gemini  # the SDK takes seconds to load: only who asks pays for it
    except ModuleNotFoundError as error:
        raise TriageUnavailable(MISSING.format("google-genai"), again=False) from error
    return await gemini.ask(pictures(_shown(clip, motion.frames)), settings)


def _shown(clip: io.BufferedIOBase, frames: int) -> list[Gray]:
    """The frames that are to be shown; all of them may be more than the memory holds."""
    wanted = spread(frames)
    kept = {number: frame.gray for number, frame in enumerate(frames_of(clip)) if number in wanted}
    return [kept[number] for number in wanted]


if __name__ == "__main__":
    main()
