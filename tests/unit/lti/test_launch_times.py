"""Hostile rows T01-T10: when a token was made, and for how long."""

import pytest

from lti.errors import LaunchRefused
from tests.unit.lti.lms import Lms, at, refused


@pytest.mark.parametrize("ago", [{"hours": -1}, {"minutes": -2}, {"seconds": -61}])
async def test_t01_an_expired_token_is_refused(lms: Lms, ago: dict[str, float]) -> None:
    with refused("expired"):
        await lms.launches(iat=at(hours=-1), exp=at(**ago))


@pytest.mark.parametrize("claim", ["exp", "iat"])
async def test_t03_a_token_without_its_times_is_refused(lms: Lms, claim: str) -> None:
    with refused("malformed_token"):
        await lms.launches(**{claim: ...})


@pytest.mark.parametrize("claim", ["iat", "nbf"])
async def test_t05_a_token_from_the_future_is_refused(lms: Lms, claim: str) -> None:
    with refused("not_yet_valid"):
        await lms.launches(**{claim: at(seconds=61), "exp": at(minutes=5)})


async def test_t07_a_token_of_two_days_ago_is_refused(lms: Lms) -> None:
    with refused("too_old"):
        await lms.launches(iat=at(days=-2), exp=at(minutes=1))


async def test_t07_an_hour_is_old_enough(lms: Lms) -> None:
    with refused("too_old"):
        await lms.launches(iat=at(minutes=-62), exp=at(minutes=1))


async def test_t08_a_token_for_ten_years_is_refused(lms: Lms) -> None:
    with refused("valid_too_long"):
        await lms.launches(exp=at(days=3650))


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("odd", ["1795421466", True, [1795421466], {}, -1, 1e300, 10**30])
async def test_t10_a_time_of_another_type_is_refused(lms: Lms, claim: str, odd: object) -> None:
    with refused("malformed_token"):
        await lms.launches(**{claim: odd})


@pytest.mark.parametrize("odd", [b"1e999", b"NaN", b"Infinity", b"-Infinity", b"9" * 5000])
async def test_t10_a_time_that_is_no_number_is_refused(lms: Lms, odd: bytes) -> None:
    with refused("malformed_token"):
        await lms.sends(lms.signs(b'{"iat": 1, "exp": ' + odd + b"}"))


async def test_a_clock_that_is_off_is_named_with_both_times(lms: Lms) -> None:
    with pytest.raises(LaunchRefused, match=r"08:02:00 UTC by the learning.*08:00:00 UTC by ours"):
        await lms.launches(iat=at(minutes=2), exp=at(minutes=3))
