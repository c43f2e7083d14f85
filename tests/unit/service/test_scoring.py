"""Delta, score and category: the test vectors of the product's specification."""

from statistics import NormalDist

import pytest

from service.scoring import (
    CERTAINTIES,
    EXPERT_LINEAR,
    HALF_WIDTHS,
    SOFTWARE_LINEAR,
    Banded,
    Blend,
    Category,
    Certainty,
    Completion,
    Confidence,
    Linear,
    Rule,
    category,
    delta,
    distance,
    for_software,
    points,
    rule_named,
    summarise,
)

# estimate, reference, distance; linear 5/20 (expert), linear 10/25 (software), banded, category,
# blend, confidence at ±5, ±10 and ±20
VECTORS = [
    (60, 55.0, 5.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.9, 0.7),
    (42, 51.0, 9.0, 0.7333, 1.0, 0.8, 0.5, 0.6633, 0.6, 0.9, 0.7),
    (41, 40.4, 0.6, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.9, 0.7),
    (49, 49.6, 0.6, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.9, 0.7),
    (38, 44.2, 6.2, 0.92, 1.0, 0.8, 0.5, 0.794, 0.88, 0.9, 0.7),
    (45, 35.0, 10.0, 0.6667, 1.0, 0.8, 0.5, 0.6167, 0.5, 0.9, 0.7),
    (45, 22.0, 23.0, 0.0, 0.1333, 0.0, 0.5, 0.15, -0.8, -0.4, 0.4),
    (35, 60.0, 25.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0, -0.6, 0.2),
]


@pytest.mark.parametrize("vector", VECTORS)
def test_each_rule_gives_the_specified_scores(vector: tuple[float, ...]) -> None:
    estimate, reference, apart, *expected = vector
    rules: list[tuple[Rule, int | None]] = [
        (EXPERT_LINEAR, None),
        (SOFTWARE_LINEAR, None),
        (Banded(), None),
        (Category(), None),
        (Blend(EXPERT_LINEAR), None),
        (Confidence(), 5),
        (Confidence(), 10),
        (Confidence(), 20),
    ]
    assert distance(int(estimate), reference) == apart
    scored = [rule.score(int(estimate), reference, width) for rule, width in rules]
    assert scored == pytest.approx(expected, abs=5e-5)


def test_the_bands_for_a_software_reference_lie_five_points_further_out() -> None:
    scored = [Banded(5.0).score(50 + away, 50.0) for away in (10, 11, 15, 16, 20, 25, 26)]
    assert scored == [1.0, 0.8, 0.8, 0.5, 0.5, 0.2, 0.0]


def test_a_reading_below_the_reference_has_a_negative_delta() -> None:
    assert delta(42, 51.0) == -9.0
    assert delta(51, 42.0) == 9.0


def test_the_reference_is_taken_to_one_decimal() -> None:
    assert delta(50, 49.96) == 0.0
    assert delta(50, 49.94) == 0.1


@pytest.mark.parametrize(
    ("lvef", "expected"),
    [
        (0, "40 % or below"),
        (40, "40 % or below"),
        (40.4, "40 % or below"),
        (40.5, "41–49 %"),
        (41, "41–49 %"),
        (49.4, "41–49 %"),
        (49.5, "50 % or above"),
        (49.6, "50 % or above"),
        (100, "50 % or above"),
    ],
)
def test_a_category_is_that_of_the_whole_percent(lvef: float, expected: str) -> None:
    assert category(lvef) == expected


def test_points_have_two_decimals_and_never_fall_below_zero() -> None:
    assert points(0.73333, 100.0) == 73.33
    assert points(1 / 3, 21.0) == 7.0
    assert points(-0.2, 100.0) == 0.0


def test_a_summary_has_mean_score_mean_distance_and_signed_bias() -> None:
    summary = summarise([6.0, -2.0, 4.0], [1.0, 0.5, 0.0])
    assert (summary.cases, summary.mean_score) == (3, 0.5)
    assert summary.mean_error == 4.0
    assert summary.bias == 2.7


def test_a_set_of_bad_bets_comes_to_nothing_and_never_to_less() -> None:
    assert summarise([30.0, 30.0], [-1.0, -0.4]).mean_score == 0.0


@pytest.mark.parametrize(
    "rule",
    [
        EXPERT_LINEAR,
        SOFTWARE_LINEAR,
        Linear(2.5, 12.0),
        Banded(),
        Banded(5.0),
        Category(),
        Blend(EXPERT_LINEAR),
        Confidence(),
        Certainty(),
        Completion(),
    ],
)
def test_a_rule_is_found_again_by_its_name(rule: Rule) -> None:
    assert rule_named(rule.name) == rule


@pytest.mark.parametrize(
    "name", ["", "linear", "linear 5", "linear 5/20/30", "category 3", "Linear 5/20", "x" * 99]
)
def test_what_names_no_rule_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no scoring rule"):
        rule_named(name)


def test_a_software_reference_is_graded_more_widely_and_never_more_narrowly() -> None:
    assert for_software(EXPERT_LINEAR) == SOFTWARE_LINEAR
    assert for_software(Linear(15.0, 30.0)) == Linear(15.0, 30.0)
    assert for_software(Blend(EXPERT_LINEAR)) == Blend(SOFTWARE_LINEAR)
    assert for_software(Banded()) == Banded(5.0)
    assert for_software(Category()) == Category()


@pytest.mark.parametrize("half_width", [None, 0, 7, 25, -5])
def test_confidence_has_to_be_said_in_one_of_the_four_widths(half_width: int | None) -> None:
    with pytest.raises(ValueError, match="half-width"):
        Confidence().score(50, 50.0, half_width)


@pytest.mark.parametrize(
    ("certainty", "within", "beyond"), [(1, 1 / 3, 0.0), (2, 2 / 3, -2 / 3), (3, 1.0, -2.0)]
)
def test_certainty_based_marks_are_one_two_or_three_and_none_two_or_six_are_taken_away(
    certainty: int, within: float, beyond: float
) -> None:
    assert Certainty().score(60, 50.0, certainty) == pytest.approx(within), "the tenth is within"
    assert Certainty().score(60, 49.9, certainty) == pytest.approx(beyond)


@pytest.mark.parametrize(("chance", "best"), [(0.6, 1), (0.7, 2), (0.79, 2), (0.81, 3)])
def test_the_certainty_that_is_honest_earns_most(chance: float, best: int) -> None:
    def earns(certainty: int) -> float:
        within, beyond = (Certainty().score(50, truth, certainty) for truth in (50.0, 90.0))
        return chance * within + (1 - chance) * beyond

    assert max(CERTAINTIES, key=earns) == best


@pytest.mark.parametrize("certainty", [None, 0, 4, 5, -1])
def test_certainty_has_to_be_said_as_one_of_three(certainty: int | None) -> None:
    with pytest.raises(ValueError, match="certainty"):
        Certainty().score(50, 50.0, certainty)


@pytest.mark.parametrize(("spread", "best"), [(4, 5), (7, 10), (11, 15), (17, 20)])
def test_honest_confidence_earns_most(spread: float, best: int) -> None:
    """For a reader whose errors are normal, the mean over a fine grid of errors."""
    errors = [NormalDist(0, spread).inv_cdf((step + 0.5) / 999) for step in range(999)]

    def earned(half_width: int) -> float:
        return sum(Confidence().score(50, 50.0 + error, half_width) for error in errors)

    assert max(HALF_WIDTHS, key=earned) == best
