"""What drawing a page needs."""

from dataclasses import dataclass

from service.pages.site import Here, Site
from service.store.database import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Easel:
    """What drawing needs: the site, one transaction and the launch."""

    site: Site
    work: Work
    here: Here
