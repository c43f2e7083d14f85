from collections.abc import AsyncIterator

import pytest

from tests.unit.lti.lms import Clock, Lms


@pytest.fixture
async def lms() -> AsyncIterator[Lms]:
    lms = Lms()
    async with lms.http:
        yield lms


@pytest.fixture
def clock() -> Clock:
    return Clock()
