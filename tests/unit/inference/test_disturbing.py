"""Pictures are changed before a network learns from them; what is true of them stays true."""

import numpy as np
import pytest
import torch

from inference.disturbing import bent, moved, relit, sampled, toned
from inference.sampling import GRAY_DEVIATION, MEAN_GRAY

CLIPS = 200


def sectors(count: int = CLIPS) -> torch.Tensor:
    """Gray clips of (N, 4, 28, 28) that are black outside of a disk."""
    down, across = np.mgrid[-1:1:28j, -1:1:28j]
    inside = torch.from_numpy((np.hypot(down, across) < 0.8).astype(np.float32))
    shade = torch.linspace(20, 200, 28)
    return (inside * shade).expand(count, 4, 28, 28)


def test_toning_normalises_what_the_network_sees() -> None:
    black, white = (torch.full((8, 4, 28, 28), level) for level in (0.0, 255.0))
    seen = torch.stack([toned(each, np.random.default_rng(4)) for each in (black, white)])
    assert float(seen.min()) == pytest.approx(-MEAN_GRAY / GRAY_DEVIATION)
    assert float(seen.max()) <= (255 - MEAN_GRAY) / GRAY_DEVIATION + 1e-6


def test_frames_and_cavities_stay_upon_each_other() -> None:
    rng = np.random.default_rng(6)
    where = moved(CLIPS, rng)
    frames = sectors()
    large = sampled(frames.repeat_interleave(2, 2).repeat_interleave(2, 3), where)
    halved = torch.nn.functional.avg_pool2d(large, 2)
    assert float((sampled(frames, where) - halved).abs().mean()) < 4


def test_a_bent_picture_takes_its_cavity_along_and_holds_still() -> None:
    rng = np.random.default_rng(8)
    where, bends = moved(CLIPS, rng), bent(CLIPS, rng)
    frames = sectors()
    seen = sampled(frames, where, bends)
    assert float((seen - sampled(frames, where)).abs().mean()) > 4
    assert float((seen - seen[:, :1]).abs().max()) < 1e-4  # a flicker would look like motion
    large = sampled(frames.repeat_interleave(2, 2).repeat_interleave(2, 3), where, bends)
    halved = torch.nn.functional.avg_pool2d(large, 2)
    assert float((seen - halved).abs().mean()) < 5


def test_other_light_leaves_the_dark_around_the_sector_and_holds_still() -> None:
    frames = sectors()
    lit = relit(frames, np.random.default_rng(9))
    assert float(lit[frames == 0].max()) == 0
    assert float((lit - lit[:, :1]).abs().max()) == 0
    assert 0 <= float(lit.min()) < float(lit.max()) <= 255
    by_clip = lit.mean((1, 2, 3))
    assert float(by_clip.std()) > 5, "each clip has a light of its own"
