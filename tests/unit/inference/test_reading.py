"""Plain data crosses every boundary unchanged."""

import json
from dataclasses import replace
from typing import Any

import pytest

from inference.reading import (
    ClipRefused,
    Outcome,
    PreparedClip,
    Reading,
    RefusalCode,
    Verdict,
    Versions,
    categories_within,
)
from service.scoring import CATEGORIES

READING = Reading(
    lvef=57.25,
    half_width=None,
    spread=2.0,
    clip_lvefs=(55.25, 59.25),
    low_agreement=False,
    warnings=("short_clip",),
    verdict=Verdict(
        outcome=Outcome.UNSURE,
        view="unknown",
        checked_by="local",
        reasons=("view_not_confirmed",),
    ),
    versions=Versions(
        model="Phantom demo model 1",
        model_sha256="ab",
        demo_model=True,
        code="c0de",
        triage="local 1",
        device="cpu",
        dtype="float32",
        clips=2,
    ),
    stages={"network": 0.25},
)
PREPARED = PreparedClip(
    sha256="ab",
    frame_times=(0.0, 0.04),
    width=320,
    height=240,
    frames_per_second=25.0,
    seconds=0.08,
    frame_rate_told=False,
    code="c0de",
    stages={},
)


@pytest.mark.parametrize("plain", [READING, PREPARED, replace(PREPARED, poster=1)])
def test_a_reading_and_a_clip_come_back_from_json_as_they_were(plain: Any) -> None:
    assert type(plain).from_primitives(json.loads(json.dumps(plain.to_primitives()))) == plain


def test_a_refusal_comes_back_with_its_figures() -> None:
    refused = ClipRefused(RefusalCode.TOO_LONG, {"seconds": 48.2, "limit": 20})
    again = ClipRefused.from_primitives(json.loads(json.dumps(refused.to_primitives())))
    assert (again.code, again.detail) == (RefusalCode.TOO_LONG, {"seconds": 48.2, "limit": 20})
    assert str(again) == "too_long seconds=48.2 limit=20.0"


@pytest.mark.parametrize(
    "change",
    [
        {"lvef": "57"},
        {"lvef": float("nan")},
        {"lvef": True},
        {"warnings": "short_clip"},
        {"warnings": [1]},
        {"verdict": None},
        {"stages": {"network": "long"}},
        {"unknown": 1},
    ],
)
def test_what_is_of_another_kind_is_not_taken(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Reading.from_primitives(READING.to_primitives() | change)


def test_a_missing_field_is_not_made_up() -> None:
    primitives = READING.to_primitives()
    del primitives["spread"]
    with pytest.raises(ValueError, match="fields"):
        Reading.from_primitives(primitives)


def test_a_reading_that_was_stored_before_there_were_categories_is_readable() -> None:
    stored = READING.to_primitives()
    del stored["categories"], stored["heart_rate"]
    assert Reading.from_primitives(stored) == READING


@pytest.mark.parametrize(
    ("lvef", "half_width", "named"),
    [
        (60, 8, ("preserved",)),
        (57, 8, ("mildly_reduced", "preserved")),
        (45, 10, ("reduced", "mildly_reduced", "preserved")),
        (40.4, 0, ("reduced",)),
        (40.6, 0, ("mildly_reduced",)),
        (49.6, 0, ("preserved",)),
        (2, 8, ("reduced",)),
        (55, None, ()),
    ],
)
def test_a_range_names_every_category_that_it_touches(
    lvef: float, half_width: float | None, named: tuple[str, ...]
) -> None:
    assert categories_within(lvef, half_width) == named


def test_readings_and_scores_cut_at_the_same_percents() -> None:
    ours = [categories_within(bound, 0) for bound, _ in reversed(CATEGORIES)]
    assert ours == [("reduced",), ("mildly_reduced",), ("preserved",)]
    below = [categories_within(bound - 1, 0) for bound, _ in CATEGORIES[:2]]
    assert below == [("mildly_reduced",), ("reduced",)]


def test_a_clip_opens_in_the_middle_of_its_poster_or_where_older_ones_always_did() -> None:
    assert replace(PREPARED, poster=0).opens_at == 0.02
    assert replace(PREPARED, poster=1).opens_at == 0.04  # the last frame: from its start on
    assert PREPARED.opens_at == 0.16
