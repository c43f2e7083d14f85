"""Fixtures of the tests of whole deployments."""

from collections.abc import AsyncIterator

import pytest

from tests.support.databases import Databases
from tests.support.hostile_lms import Town, open_town


@pytest.fixture(scope="module")
async def town(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """One deployment for all rows of a table: what one leaves must not matter to the next."""
    async with open_town(databases, tmp_path_factory.mktemp("town")) as found:
        yield found
