"""What looks come to: each figure against one worked out by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from service import progress
from service.progress import Look

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def look(
    estimate: int,
    reference: float,
    *,
    case: str | None = None,
    day: float = 0,
    half_width: int | None = None,
    first: bool = True,
) -> Look:
    """One look, a day and a case of its own if need be."""
    return Look(
        case=case or f"{estimate}/{reference}/{day}",
        estimate=estimate,
        reference=reference,
        at=START + timedelta(days=day),
        half_width=half_width,
        first=first,
    )


def looks_off_by(*gaps: int) -> list[Look]:
    """Looks at a heart of 50 %, off by so many points, one a day."""
    return [look(50 + gap, 50.0, day=day) for day, gap in enumerate(gaps)]


def test_bias_has_a_sign_and_error_has_none() -> None:
    looks = looks_off_by(6, -2, 5)
    assert progress.bias(looks) == 3.0
    assert progress.mean_error(looks) == pytest.approx(13 / 3)


def test_the_error_curve_has_a_point_a_look_and_forgets_after_ten() -> None:
    assert progress.rolling_errors(looks_off_by(4, 8)) == [4.0, 6.0]
    assert progress.rolling_errors(looks_off_by(20, *[0] * 10))[-2:] == [2.0, 0.0]


def test_skill_is_what_is_gained_over_always_saying_55() -> None:
    looks = [look(40, 35.0), look(70, 75.0)]
    assert progress.skill(looks) == pytest.approx(0.75)
    assert progress.skill([look(55, 35.0), look(55, 75.0)]) == 0.0
    assert progress.skill([look(30, 55.0)]) is None


def test_limits_of_agreement_are_bias_and_196_sd_from_ten_looks_on() -> None:
    assert progress.agreement(looks_off_by(*[1] * 9)) is None
    found = progress.agreement(looks_off_by(*[2, -2] * 5))
    assert found is not None
    # SD with n - 1: sqrt(10 * 4 / 9) = 2.1082
    assert (found.bias, found.low, found.high) == pytest.approx((0.0, -4.1321, 4.1321), abs=1e-4)


def test_the_grid_has_the_reference_in_rows_and_the_estimate_in_columns() -> None:
    looks = [look(55, 60.0), look(45, 35.0), look(40, 40.4), look(49, 49.6)]
    assert progress.category_grid(looks) == [[1, 1, 0], [0, 0, 0], [0, 1, 1]]


def test_round_numbers_are_flagged_from_twenty_looks_on() -> None:
    twelve, eight = [look(45, 50.0)] * 12, [look(47, 50.0)] * 8
    found = progress.last_digits(twelve + eight)
    assert found.counts == (0, 0, 0, 0, 0, 12, 0, 8, 0, 0)
    assert (found.round_share, found.flagged) == (0.6, True)
    assert not progress.last_digits(twelve).flagged
    assert not progress.last_digits([*twelve[:11], *eight, look(41, 50.0)]).flagged


def test_calibration_counts_how_often_a_half_width_held() -> None:
    looks = [look(50, 54.0, half_width=5), look(50, 56.0, half_width=5), look(50, 60.0)]
    assert [(held.half_width, held.looks, held.held) for held in progress.calibration(looks)] == [
        (5, 2, 1)
    ]


def test_mastery_takes_forty_first_looks_and_26_hits_in_the_last_thirty() -> None:
    misses, hits = [12, -12] * 2, [0] * 26
    assert progress.mastery(looks_off_by(*[20] * 10, *misses, *hits)).reached
    assert not progress.mastery(looks_off_by(*[20] * 9, *misses, *hits)).reached
    assert not progress.mastery(looks_off_by(*[20] * 10, 12, *misses, *hits[1:])).reached


def test_mastery_is_not_reached_by_reading_all_hearts_high() -> None:
    assert not progress.mastery(looks_off_by(*[6] * 60)).reached
    assert progress.mastery(looks_off_by(*[5] * 40)).reached


def test_mastery_once_reached_stays_and_counts_first_looks_only() -> None:
    assert progress.mastery(looks_off_by(*[0] * 40, *[30] * 20)).reached
    repeats = [look(50, 50.0, day=day, first=False) for day in range(60)]
    found = progress.mastery(repeats)
    assert (found.looks, found.reached, found.share) == (0, False, 0.0)


def test_the_bar_of_mastery_shows_the_smaller_part() -> None:
    assert progress.mastery(looks_off_by(*[0] * 20)).share == 0.5
    assert progress.mastery(looks_off_by(*[0] * 13, *[30] * 27)).share == pytest.approx(3 / 26)


def test_lc_cusum_signals_after_17_hits_and_forgives_early_misses() -> None:
    assert progress.lc_cusum(looks_off_by(*[0] * 17)) == 17
    assert progress.lc_cusum(looks_off_by(*[0] * 16)) is None
    assert progress.lc_cusum(looks_off_by(*[30] * 5, *[0] * 17)) == 22


def test_a_case_comes_back_after_2_7_21_and_60_days_and_then_rests() -> None:
    days = [0.0, 2.0, 9.0, 30.0, 90.0]
    for seen in range(1, 5):
        looks = [look(50, 50.0, case="a", day=day) for day in days[:seen]]
        assert progress.due(looks, START + timedelta(days=days[seen])) == ["a"]
        assert progress.due(looks, START + timedelta(days=days[seen] - 0.01)) == []
    rested = [look(50, 50.0, case="a", day=day) for day in days]
    assert progress.due(rested, START + timedelta(days=999)) == []


def test_a_missed_case_comes_back_after_ten_others() -> None:
    missed = look(70, 50.0, case="missed")
    others = [look(50, 50.0, case=f"other {n}", day=0.01) for n in range(10)]
    assert progress.due([missed, *others], START + timedelta(days=1)) == ["missed"]
    assert progress.due([missed, *others[:9]], START + timedelta(days=1)) == []
