"""EchoNet-Dynamic's network, and the published procedure beside ours."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from inference.echonet import PARAMETERS, EchoNet, folded, halved
from inference.sampling import network_clips
from tests.unit.inference.checkpoints import seeded_state

FIFTY = 50.0  # frames per second: the rate of 79 % of EchoNet's own videos


def seeded() -> EchoNet:
    network = EchoNet().eval()
    network.load_state_dict(seeded_state(), strict=True)
    return network


def test_names_and_shapes_are_those_of_the_published_state() -> None:
    state = {name: tuple(tensor.shape) for name, tensor in EchoNet().state_dict().items()}
    assert sum(p.numel() for p in EchoNet().parameters()) == PARAMETERS
    # torchvision's r2plus1d_18: 31,505,325 parameters, 400 * 513 of them in its last layer.
    assert PARAMETERS == 31_505_325 - 400 * 513 + 513
    some = {
        "stem.0.weight": (45, 3, 1, 7, 7),
        "stem.4.running_mean": (64,),
        "layer1.0.conv1.0.0.weight": (144, 64, 1, 3, 3),
        "layer1.0.conv1.1.num_batches_tracked": (),
        "layer2.0.conv1.0.0.weight": (230, 64, 1, 3, 3),
        "layer2.0.conv2.0.3.weight": (128, 230, 3, 1, 1),
        "layer2.0.downsample.0.weight": (128, 64, 1, 1, 1),
        "layer4.1.conv2.1.bias": (512,),
        "fc.weight": (1, 512),
    }
    assert some.items() <= state.items()
    assert len(state) == 224  # 12 in the stem, 24 in each of 8 blocks, 6 in 3 shortcuts, 2 at last


@pytest.mark.breadth
@pytest.mark.timeout(300)
def test_ours_and_the_published_procedure_agree() -> None:
    frames = lit_everywhere(110)
    ours = network_clips(frames, np.arange(len(frames)) / FIFTY, clips=2)
    theirs = published_clips(frames, starts=(0, 2 * (len(frames) // 2 - 32)))
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    with torch.inference_mode():
        published = [float(seeded()(torch.from_numpy(clip[None]))[0]) for clip in theirs]
        network = folded(seeded())
        placed = [torch.from_numpy(clip[None]) for clip in ours]
        said = [float(network(clip.to(memory_format=torch.channels_last_3d))[0]) for clip in placed]
    assert np.abs(np.subtract(said, published)).max() < 1e-3
    assert abs(said[0] - said[1]) > 0.1


def lit_everywhere(count: int) -> NDArray[np.uint8]:
    """Frames of 112x112 that change slowly and fill the whole frame: (count, 112, 112)."""
    rng = np.random.default_rng(11)
    coarse = rng.integers(20, 200, (count // 10 + 2, 8, 8)).astype(np.float32)
    smooth = np.kron(coarse, np.ones((1, 14, 14), np.float32))
    at = np.arange(count) / 10
    low, part = at.astype(int), (at % 1)[:, None, None]
    mixed = smooth[low] * (1 - part) + smooth[low + 1] * part
    return np.clip(mixed + rng.normal(0, 5, mixed.shape), 13, 255).astype(np.uint8)


def published_clips(frames: NDArray[np.uint8], starts: tuple[int, ...]) -> NDArray[np.float32]:
    """The published procedure in other words, straight from its description.

    Gray copied to three channels, as floats 0..255, minus the mean and over the deviation of each
    channel; a clip is every second frame, 32 of them, channels first. INFERENCE.md section 1.
    """
    video = np.repeat(frames[..., None], 3, axis=3).astype(np.float32)  # (T, H, W, 3)
    video = (video.transpose(3, 0, 1, 2) - np.full((3, 1, 1, 1), 32.7, np.float32)) / np.full(
        (3, 1, 1, 1), 50.0, np.float32
    )
    wanted = [start + 2 * np.arange(32) for start in starts]
    return np.stack([video[:, chosen] for chosen in wanted])


def test_half_precision_stops_before_the_pooling() -> None:
    network = halved(folded(EchoNet()), torch.bfloat16)
    assert {p.dtype for p in network.stem.parameters()} == {torch.bfloat16}
    assert {p.dtype for p in network.fc.parameters()} == {torch.float32}
    assert not any(isinstance(m, torch.nn.BatchNorm3d) for m in network.modules())
