"""The demo LMS in the manner of Moodle or of Canvas, from within."""

import pytest

from service.demo.lms import Lms
from service.demo.settings import FlavourName
from tests.support.world import World


def only(flavour: FlavourName) -> pytest.MarkDecorator:
    """For one of them alone."""
    return pytest.mark.parametrize("world", [flavour], indirect=True)


def lms_of(world: World) -> Lms:
    """The LMS from within."""
    return world.lms.state.lms


async def later(world: World, **time: float) -> None:
    """Let time pass, then let the sweep and the worker do what is due."""
    world.clock.passes(**time)
    await world.worker.sweep()
    await world.works()
