"""Verified weights or none: a checkpoint is loaded only if its card vouches for every byte."""

import copy
import hashlib
import io
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inference.cards import ECHONET, FOLDER, PHANTOM, Card, NoVerifiedWeights, read_card
from inference.echonet import EchoNet, folded, halved
from inference.network import PhantomNetwork

type Network = PhantomNetwork | EchoNet

CLIPS_ON_CPU: Final = 4
CLIPS_OF_A_SMALL_NETWORK: Final = 8  # each costs hundredths of a second
CLIPS_ON_GPU: Final = 32  # spread starts; all 88 of a clip of 3 s would buy 0.17 points of MAE
AGREES_WITHIN: Final = 0.5  # points between half and full precision


@dataclass(frozen=True, slots=True)
class Model:
    """A verified network, ready to read on its device."""

    card: Card
    network: Network
    device: str
    dtype: torch.dtype

    @property
    def clips(self) -> int:
        """How many clips of a video are averaged."""
        if isinstance(self.network, PhantomNetwork):
            return CLIPS_OF_A_SMALL_NETWORK
        return CLIPS_ON_CPU if self.device == "cpu" else CLIPS_ON_GPU

    def lvefs(self, clips: NDArray[np.float32]) -> list[float]:
        """One LVEF in percent per clip of (K, 3, 32, 112, 112), one clip at a time."""
        return [round(min(100.0, max(0.0, answer)), 2) for answer in self.answers(clips)]

    def answers(self, clips: NDArray[np.float32]) -> list[float]:
        """What the network says, unbounded: a batch is slower than one by one on a CPU."""
        with torch.inference_mode():
            return [float(self.network(self._placed(clip))[0]) for clip in clips]

    def _placed(self, clip: NDArray[np.float32]) -> Tensor:
        placed = torch.from_numpy(clip[np.newaxis]).to(self.device)
        return placed.to(memory_format=torch.channels_last_3d)


def load_model(folder: Path = FOLDER, *, halve: bool = True, sha256: str = "") -> Model:
    """The installed model on the CPU, as fast as its card says that this machine may.

    halve:  not where it goes on to a GPU, which tries both precisions itself.
    sha256: of the only weights that will do, if a deployment was told.
    """
    card = read_card(folder)
    if sha256 and card.sha256 != sha256:
        raise NoVerifiedWeights(f"{card.file} is not what this was deployed with: deploy it again")
    network = load_network(card, folder)
    if isinstance(network, PhantomNetwork):
        return Model(card, network, "cpu", torch.float32)
    model = Model(card, folded(network), "cpu", torch.float32)
    return in_half(model, torch.bfloat16) if halve and card.bfloat16 == machine() else model


def load_network(card: Card, folder: Path = FOLDER) -> Network:
    """The network, ready to read."""
    return filled(_empty(card), card.file, card.sha256, folder)


def filled[N: nn.Module](network: N, file: str, sha256: str, folder: Path) -> N:
    """The network with the weights of a file; the bytes that were hashed are those that are loaded.

    network: without values, so that every one of them comes from the file.
    """
    try:
        content = (folder / file).read_bytes()
    except OSError as error:
        raise NoVerifiedWeights(f"the weights {file} are missing") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise NoVerifiedWeights(f"the weights {file} are not those of the card")
    state = cast("dict[str, Tensor]", torch.load(io.BytesIO(content), weights_only=True))
    try:
        network.load_state_dict(state, strict=True, assign=True)
    except RuntimeError as error:
        raise NoVerifiedWeights(f"the weights {file} fit another network") from error
    return network.eval().requires_grad_(False)


def _empty(card: Card) -> Network:
    """A network without values: every one of them comes from the file."""
    with torch.device("meta"):
        if card.network == PHANTOM:
            return PhantomNetwork()
        if card.network == ECHONET:
            return EchoNet()
    raise NoVerifiedWeights(f"the card names an unknown network, {card.network}")


def has_gpu() -> bool:
    """Not to be asked before a snapshot: it would settle on none for good."""
    return torch.cuda.is_available()


def on_gpu(model: Model, clips: NDArray[np.float32]) -> Model:
    """The model on the GPU, in float16 if that passes the self-test on (K, 3, 32, 112, 112)."""
    full = Model(model.card, model.network.to("cuda"), "cuda", torch.float32)
    if isinstance(model.network, PhantomNetwork):
        return full
    half = in_half(copy.deepcopy(full), torch.float16)
    return half if may_halve(full, half, clips) else full


def in_half(model: Model, dtype: torch.dtype) -> Model:
    """The same model with its convolutions in half precision; the given one is used up."""
    return Model(model.card, halved(cast("EchoNet", model.network), dtype), model.device, dtype)


def may_halve(full: Model, half: Model, clips: NDArray[np.float32]) -> bool:
    """The self-test: within half a point on every clip, and faster."""
    said, seconds = _timed(full, clips)
    half_said, half_seconds = _timed(half, clips)
    apart = max(abs(a - b) for a, b in zip(said, half_said, strict=True))
    return apart <= AGREES_WITHIN and half_seconds < seconds


def _timed(model: Model, clips: NDArray[np.float32]) -> tuple[list[float], float]:
    model.answers(clips[:1])  # pays for setting up
    began = time.perf_counter()
    return model.answers(clips), time.perf_counter() - began


def machine() -> str:
    """What the self-test's outcome depends on: the processor's kind and torch's version."""
    known = cast("dict[str, object]", torch.cpu.get_capabilities())
    halves = known.get("avx512_bf16") or known.get("amx_bf16") or known.get("arm_bf16")
    return f"{known.get('cpu_name')}, bf16 {bool(halves)}, torch {torch.__version__}"
