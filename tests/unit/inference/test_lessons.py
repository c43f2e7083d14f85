"""What the networks of drawn hearts are taught, and what they are measured on."""

import json

import numpy as np
import pytest
import torch

from inference import first_phantom, train_outliner, train_phantom
from inference.cards import FOLDER
from inference.disturbing import sampled
from inference.lessons import HELD_OUT_SEED, STRETCHING_SEED, TRAINING_SEED, lesson
from inference.measuring import read_all
from inference.network import COARSE_SIDE, FAINT, SEEN_SIDE, PhantomNetwork, in_contrast
from inference.sampling import (
    CLIP_FRAMES,
    GRAY_DEVIATION,
    MEAN_GRAY,
    normalised,
    resampled,
)
from tests.bench.bench_phantom import FIRST_SEED

CARDS = ("phantom.json", "phantom_outlines.json")


@pytest.mark.parametrize("name", CARDS)
def test_no_heart_that_a_model_is_measured_on_was_learnt_from(name: str) -> None:
    card = json.loads((FOLDER / name).read_text())
    learnt = range(TRAINING_SEED, TRAINING_SEED + card["training"]["phantoms"])
    assert card["seed"] == learnt.start
    assert card["held_out_seed"] == HELD_OUT_SEED
    measured = card["held_out"]["phantoms"]
    for first in (HELD_OUT_SEED, STRETCHING_SEED, FIRST_SEED):
        assert learnt.stop <= first or first + measured <= learnt.start
    assert STRETCHING_SEED + measured <= HELD_OUT_SEED


def test_both_trainings_see_the_same_picture_of_a_heart() -> None:
    drawn = lesson(TRAINING_SEED)
    frames, masks, volumes, lvef = train_phantom.render_case(TRAINING_SEED)
    outlined, cavities = train_outliner.render_case(TRAINING_SEED)
    assert frames.shape == (36, 70, 70)
    assert masks.shape == (36, 35, 35)
    assert outlined.shape == cavities.shape == (36, 56, 56)
    coarse, same = (
        each.reshape(36, 14, -1, 14, each.shape[1] // 14) for each in (frames, outlined)
    )
    assert coarse.mean((2, 4)) == pytest.approx(same.mean((2, 4)), abs=0.5)
    assert masks.astype(np.float64).mean() == pytest.approx(cavities.mean(), rel=0.02)
    assert volumes.shape == (36,)
    assert 100 - lvef <= volumes.min() < volumes.max() <= 100
    assert lvef == drawn.lvef


def test_one_heart_in_five_is_drawn_by_the_first_generator() -> None:
    learnt = range(TRAINING_SEED, TRAINING_SEED + train_phantom.PHANTOMS)
    seed = next(each for each in learnt if train_phantom.by_first(each))
    frames, masks, volumes, lvef = train_phantom.render_case(seed)
    drawn = first_phantom.draw_phantom(seed)
    assert lvef == drawn.heart.lvef
    assert frames.shape == (36, 70, 70)
    assert masks.shape == (36, 35, 35)
    largest, smallest = masks[volumes.argmax()].mean(), masks[volumes.argmin()].mean()
    assert largest > smallest > 0, "what is true of a frame is told of that frame"
    assert 100 - lvef - 0.01 <= volumes.min() < volumes.max() <= 100
    told = json.loads((FOLDER / "phantom.json").read_text())["training"]["by_first_generator"]
    assert sum(map(train_phantom.by_first, learnt)) == told == len(learnt) // 5


@pytest.mark.breadth
def test_a_training_gives_the_same_weights_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_phantom, "BATCH", 4)
    rng, count = np.random.default_rng(3), 8
    cases = train_phantom.Cases(
        rng.integers(0, 255, (count, 36, 70, 70), np.uint8),
        rng.integers(0, 255, (count, 36, 35, 35), np.uint8),
        rng.uniform(40, 100, (count, 36)).astype(np.float32),
        rng.uniform(10, 75, count).astype(np.float32),
    )
    first = train_phantom.train(cases, 2)
    torch.randn(3)
    again = train_phantom.train(cases, 2)
    other = train_phantom.train(cases, 3)
    assert not first.training
    for one, same in zip(first.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, same), "the same command gives the same weights"
    moved = [
        (a - b).abs().max() for a, b in zip(first.parameters(), other.parameters(), strict=True)
    ]
    assert min(moved[:-1]) > 0, "each layer learns"


def test_the_network_learns_from_what_it_sees_when_it_reads() -> None:
    """Neither moved nor bent, a training picture is the very part of the frame that is read."""
    drawn = lesson(TRAINING_SEED + 1)
    coarse = torch.from_numpy(drawn.seen(COARSE_SIDE)).float().unsqueeze(0)
    still = torch.tensor([[[1.0, 0, 0], [0, 1, 0]]])
    learnt = sampled(coarse, still @ train_phantom.WINDOW, side=SEEN_SIDE)[0, :CLIP_FRAMES]
    video = normalised(drawn.frames, drawn.square)[:CLIP_FRAMES]
    clip = torch.from_numpy(video).expand(1, 3, -1, -1, -1)
    read = PhantomNetwork().seen(clip)
    expected = in_contrast(((learnt - MEAN_GRAY) / GRAY_DEVIATION)[np.newaxis, np.newaxis])
    assert read.shape == expected.shape == (1, 1, CLIP_FRAMES, SEEN_SIDE, SEEN_SIDE)
    apart = (expected - read).abs()
    assert float(apart.mean()) < 0.02, "but for whole gray levels"
    assert float(apart.max()) < 0.51 / GRAY_DEVIATION / FAINT
    assert float(read.std()) > 0.5


def test_neither_gain_nor_haze_nor_uneven_light_changes_what_the_network_sees() -> None:
    video = normalised(lesson(TRAINING_SEED + 1).frames, lesson(TRAINING_SEED + 1).square)
    clip = torch.from_numpy(video[:CLIP_FRAMES]).expand(1, 3, -1, -1, -1)
    network = PhantomNetwork()
    plain = network.seen(clip)
    light = torch.linspace(0.6, 1.4, 112)[:, np.newaxis]
    relit = {"gain": 1.4 * clip, "haze": clip + 0.5, "light": light * (clip + 1) - 1}
    for name, other in relit.items():
        same = float(torch.corrcoef(torch.stack([plain, network.seen(other)]).flatten(1))[0, 1])
        assert same > 0.98, name
    flickering = clip * torch.linspace(0.5, 1.5, CLIP_FRAMES)[:, np.newaxis, np.newaxis]
    assert float((network.seen(flickering) - plain).abs().mean()) > 0.1, "what changes is seen"
    still = clip[:, :, :1].expand_as(clip)
    assert float(network.seen(still).std(2).max()) < 1e-4
    assert float(plain.std(2).mean()) > 0.1, "what moves still does"


def test_a_pixel_is_seen_against_those_around_it_as_far_as_there_are_any() -> None:
    clip = torch.rand(1, 1, 3, SEEN_SIDE, SEEN_SIDE)
    seen = in_contrast(clip)
    for row, column in ((0, 0), (3, 30), (30, SEEN_SIDE - 1), (28, 28)):
        near = clip[..., max(0, row - 4) : row + 5, max(0, column - 4) : column + 5]
        expected = (clip[..., row, column] - near.mean()) / (near.std(correction=0) + FAINT)
        torch.testing.assert_close(seen[..., row, column], expected, rtol=1e-3, atol=1e-3)


def test_what_the_network_pools_is_half_an_even_mean_and_half_where_it_looks() -> None:
    network, features = PhantomNetwork(), torch.randn(2, 80, 8, 7, 7)
    with torch.inference_mode():
        network.attention.weight.zero_()
        network.attention.weight[0, 5] = 900.0  # its eye is on whatever lights up there
        features[:, 5] = 0
        features[:, 5, :, 2, 4] = 1
        even, looked = network.over_time(features).split(80, dim=1)
    torch.testing.assert_close(even, features.mean((3, 4)))
    torch.testing.assert_close(looked, features[..., 2, 4])


def test_the_network_sees_the_whole_ventricle_of_nearly_every_heart() -> None:
    """And nothing of what lies outside of the part that it looks at."""
    missed: list[float] = []
    aside = (COARSE_SIDE - SEEN_SIDE) // 4
    for seed in range(TRAINING_SEED, TRAINING_SEED + 40):
        _, masks, _, _ = train_phantom.render_case(seed)
        inside = masks[:, : SEEN_SIDE // 2, aside : aside + SEEN_SIDE // 2]
        missed.append(1 - float(inside.sum(dtype=np.float64) / masks.sum(dtype=np.float64)))
    assert np.mean(missed) < 0.005
    assert max(missed) < 0.1
    edged = torch.zeros(1, 3, 1, 112, 112)
    edged[..., 90:, :] = edged[..., :11] = edged[..., 101:] = 2.0
    assert float(PhantomNetwork().seen(edged).abs().max()) == 0


def test_a_network_that_draws_everything_toward_the_mean_is_straightened() -> None:
    torch.manual_seed(4)
    network, features = PhantomNetwork(), torch.randn(6, 80, 8, 7, 7)
    with torch.no_grad():
        before = network.answer(features)
        train_phantom.straighten(network, slope=0.8, offset=9.0)
        after = network.answer(features)
    assert float(before.std()) > 0.1
    assert after.tolist() == pytest.approx(((before - 9) / 0.8).tolist(), abs=1e-3)


def test_a_network_is_measured_on_every_frame_that_the_reader_would_choose() -> None:
    """At 40 Hz the chosen frames lie 25 and 50 ms apart, and none of them may be seen twice."""
    times = np.arange(122) / 40
    frames = np.zeros((75, 112, 112), np.uint8)
    frames[:, 10:100, 10:100] = 40 + np.arange(75, dtype=np.uint8)[:, np.newaxis, np.newaxis]
    seen: list[torch.Tensor] = []

    class Watching(PhantomNetwork):
        def forward(self, clips: torch.Tensor) -> torch.Tensor:
            seen.append(clips[:, 0, :, 56, 56])
            return clips.mean((1, 2, 3, 4))

    read_all(Watching(), [0], lambda seed: (50.0, frames, times[resampled(times)][:75]))
    last = seen[0][-1]
    assert len(last.unique()) == 32
    assert float(last.max()) == pytest.approx((40 + 74 - MEAN_GRAY) / GRAY_DEVIATION, abs=0.01)
