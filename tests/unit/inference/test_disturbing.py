"""Pictures are changed before a network learns from them; what is true of them stays true."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from inference.disturbing import Light, bent, laid, lights, moved, relit, sampled, toned
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
    rng = np.random.default_rng(9)
    where = torch.tensor([[[1.0, 0, 0], [0, 1, 0]]])
    grid = laid(where, None, [28, 28])[0]
    frames = np.rint(sectors(1)[0].numpy()).astype(np.uint8)
    seen = [
        relit(frames, grid, light) * GRAY_DEVIATION + MEAN_GRAY for light in lights(CLIPS, 28, rng)
    ]
    dark = torch.from_numpy(frames == 0)
    assert max(float(clip[dark].abs().max()) for clip in seen) < 1e-3
    assert all(-1e-3 <= float(clip.min()) < float(clip.max()) <= 255 + 1e-3 for clip in seen)
    by_clip = torch.stack([clip.mean() for clip in seen])
    assert float(by_clip.std()) > 5, "each clip has a light of its own"
    flickers = [float((clip - clip[:1]).abs().max()) for clip in seen]
    assert min(flickers) == 0, "what does not move holds still, where no grain lies over it"
    assert 0.3 < np.mean([flicker > 0 for flicker in flickers]) < 0.7, "half of them are grainy"


def test_a_clip_in_plain_light_is_what_the_network_reads() -> None:
    tones = np.arange(256, dtype=np.float32)
    plain = Light(tones, gain=torch.ones(28, 28), veil=0.0, grain=0.0)
    frames = np.rint(sectors(1)[0].numpy()).astype(np.uint8)
    where, bends = moved(1, np.random.default_rng(5)), bent(1, np.random.default_rng(5))
    seen = relit(frames, laid(where, bends, [28, 28])[0], plain)
    laid_out = sampled(torch.from_numpy(frames).float()[np.newaxis], where, bends)[0]
    expected = (laid_out - MEAN_GRAY) / GRAY_DEVIATION
    assert float((seen - expected).abs().max()) < 1e-4
    veiled = relit(frames, laid(where, bends, [28, 28])[0], replace(plain, veil=20.0))
    risen = (veiled - seen) * GRAY_DEVIATION
    bright = laid_out > 4
    assert float((risen[bright] - 20).abs().max()) < 1e-3
    assert float(risen[laid_out == 0].abs().max()) == 0
