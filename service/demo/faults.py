"""A switch for tests: it lets the score service fail or hang."""

from typing import Literal

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import JSONBody

from service.demo.lms import Lms


class Fault(msgspec.Struct):
    """`down` answers 503, `busy` asks for patience as this LMS does, `stranger` takes everybody for
    no learner of the course; `slow` stores the score, then holds the answer back."""

    scores: Literal["down", "busy", "stranger", "slow", "ok"]
    hold_seconds: float = 0.0


@post("/test/outage", status_code=204)
async def set_outage(data: JSONBody[Fault], lms: NamedDependency[Lms]) -> None:
    """Only where the LMS was started with `allow_faults`."""
    if not lms.settings.allow_faults:
        raise NotFoundException("There is no such page here.")
    lms.outage.set(data.scores, data.hold_seconds)
