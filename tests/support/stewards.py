"""An operator, signed in by a link as the command line prints it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2

from service.operators import make_link
from tests.support.world import TOOL, Browser, Form, Forms, World, form_to


@dataclass
class Steward:
    """An operator's browser."""

    browser: Browser

    @property
    def text(self) -> str:
        """What the page says, as people read it."""
        return self.browser.text.replace("&#39;", "'").replace("&#34;", '"')

    async def opens(self, path: str = "") -> httpx2.Response:
        """Open one of the operator's pages."""
        return await self.browser.opens(f"{TOOL}/operator{path}")

    async def presses(self, ending: str, **typed: str) -> httpx2.Response:
        """Press the button of the form whose address ends so."""
        return await self.browser.sends(form_to(self.browser.text, ending), **typed)

    def forms(self, ending: str) -> list[Form]:
        """All forms whose address ends so."""
        return [one for one in Forms(self.browser.text).found if one.action.endswith(ending)]


async def a_link(world: World) -> str:
    """The path of a link that lets somebody in."""
    address = await make_link(world.worker.database, TOOL, world.clock())
    return urlsplit(address).path


async def a_steward(world: World) -> Steward:
    """An operator who has just signed in."""
    steward = Steward(world.browser())
    path = await a_link(world)
    await steward.browser.opens(f"{TOOL}{path}")
    await steward.presses(path)
    return steward
