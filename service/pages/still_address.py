"""Where the picture of one frame is, for one launch and a while."""

from uuid import UUID

from service.clips import WATCH_SECONDS
from service.pages.site import Here, Site


def still_of(site: Site, here: Here, clip_id: UUID, frame: int) -> str:
    """The address of a still, for this launch and a quarter of an hour; steady within a minute.

    Only what `attempts.reveal` answered may be given one: which frame it is tells something.
    """
    expires = int(site.clock().timestamp()) // 60 * 60 + WATCH_SECONDS
    launch = here.launch.id.hex
    signature = site.signer.sign("still", clip_id.hex, frame, expires, launch)
    query = f"expires={expires}&launch={launch}&sig={signature}"
    return f"{site.settings.public_url}/stills/{clip_id}/{frame}?{query}"
