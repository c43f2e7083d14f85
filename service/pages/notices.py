"""Where platforms send their notices: a machine's route, without a page."""

from litestar import post
from litestar.di import NamedDependency
from litestar_htmx import HTMXRequest

from lti.notices import read_batch
from service.notices import NOTICES_PATH, hear
from service.pages.addresses import address_of
from service.pages.site import Site

LARGEST_BATCH = 500_000


@post(NOTICES_PATH, status_code=200, request_max_body_size=LARGEST_BATCH)
async def take_notices(request: HTMXRequest, site: NamedDependency[Site]) -> dict[str, int]:
    """Take what a platform tells us; one that nobody vouches for ends the whole batch."""
    await site.limits.ask("address", address_of(request, site.settings))
    tokens = read_batch(await request.body())
    for token in tokens:
        await hear(site.database, site.platform_keys, token, site.clock())
    return {"notices": len(tokens)}
