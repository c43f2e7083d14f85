from collections.abc import AsyncIterator

import pytest
from hypothesis import settings

from tests.unit.lti.lms import Clock, Lms

# Our two cores are shared, so that a time per example means little; and nothing is left behind.
settings.register_profile("shared", deadline=None, database=None)
settings.load_profile("shared")


@pytest.fixture
async def lms() -> AsyncIterator[Lms]:
    lms = Lms()
    async with lms.http:
        yield lms


@pytest.fixture
def clock() -> Clock:
    return Clock()
