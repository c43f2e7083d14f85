"""Why a clip of the learner's own was refused: said in full once, and kept to look up."""

from inference.reading import RefusalCode
from service import words
from service.models import Clip
from service.own_clips import is_mendable
from service.pages.easel import Easel
from service.pages.views import Refusal
from service.store import clips as rows


async def draw_refusal(easel: Easel, clip: Clip | None) -> Refusal | None:
    """Why the last clip was not taken. Whoever comes back another time has seen that, and begins
    anew, unless what was missing can still be said."""
    if clip is None or clip.refusal is None:
        return None
    visit = easel.here.launch.id.hex
    code = clip.refusal["code"] if is_mendable(clip) else None
    seen = clip.refusal.get("seen_at") or await rows.refusal_seen(
        easel.work.session, clip.id, visit
    )
    return Refusal(
        sentence=words.refusal(clip.refusal),
        asks_frame_rate=code == RefusalCode.FRAME_RATE_UNKNOWN,
        asks_trim=code == RefusalCode.TOO_LONG,
        earlier=code is None and seen != visit,
    )
