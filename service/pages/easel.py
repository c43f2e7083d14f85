"""What drawing a page needs."""

from dataclasses import dataclass, field

from service import begun
from service.begun import Begun
from service.pages.site import Here, Site
from service.store.database import Work


@dataclass(slots=True, kw_only=True)
class Easel:
    """What drawing needs: the site, one transaction and the launch."""

    site: Site
    work: Work
    here: Here
    _begun: Begun | None = field(default=None, init=False)

    async def begun(self) -> Begun:
        """What this launch's learner has begun, as it was when first asked."""
        if self._begun is None:
            self._begun = await begun.by(self.work, self.here.launch.learner_id)
        return self._begun
