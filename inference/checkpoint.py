"""`python -m inference.checkpoint FD`: check a checkpoint of EchoNet-Dynamic, and strip it.

The published files (release v1.0.0 of echonet/dynamic: `r2plus1d_18_32_2_pretrained.pt`, 239 MB,
reads the LVEF; `deeplabv3_resnet50_random.pt`, 303 MB, outlines the ventricle) are pickles:
{"epoch", "state_dict", "best_loss", "loss", "opt_dict", "scheduler_dict"} and, of the first,
"period", "frames", "r2". Their tensors' names begin with `module.`, and half of each is momentum.
They are opened in this child only, which can write no file and open no connection; what comes out
are plain weights and a card.
"""

import hashlib
import io
import pickle
import warnings
import zipfile
from collections.abc import Callable
from typing import Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inference import child
from inference.cards import DEEPLAB, ECHONET, Card
from inference.deeplab import DeepLab
from inference.echonet import EchoNet, folded
from inference.painting import paint
from inference.phantom import draw_phantom
from inference.reading import InferenceError
from inference.sampling import network_clips
from inference.weights import Model, in_half, machine, may_halve

NAME: Final = "EchoNet-Dynamic R(2+1)D-18"
FILE: Final = "echonet.pt"
OUTLINER_NAME: Final = "EchoNet-Dynamic DeepLabV3-ResNet50"
OUTLINER_FILE: Final = "outlines.pt"
RMSE: Final = 7.7
RMSE_SOURCE: Final = (
    "Ouyang et al., Nature 2020: external test at Cedars-Sinai, RMSE 7.7, MAE 6.0 points"
)
# Gray levels of five clips of its own data, over blocks of 8x8 pixels (mean 24 to 46, deviation 35
# to 59), with half as much again on both sides: its training set cannot be looked at.
LOOKS: Final = {"mean": [12.0, 69.0], "deviation": [17.0, 88.0]}
CPU_SECONDS: Final = 900
THREADS: Final = 2
MOST_UNPACKED: Final = 1024**3  # bytes
PREFIX: Final = "module."  # of DataParallel
SEED: Final = 880_000
TRUE_LVEFS: Final = (15.0, 70.0)  # of the two phantoms
LEAST_APART: Final = 0.5  # points: an untrained network says about 55 to everything
ALIKE: Final = 1e-4  # of a logit, between pixels and between hearts
PLAUSIBLE: Final = (-20.0, 120.0)  # percent, before it is bounded; phantoms are no hearts

# The numpy scalars in "r2" and "best_loss", under the module names of numpy 1 and 2: all that the
# published file holds besides tensors and plain numbers.
SCALAR: Final = cast("Callable[..., object]", np.float64(0).__reduce__()[0])
ALLOWED: Final[list[Callable[..., object] | tuple[Callable[..., object], str]]] = [
    (SCALAR, "numpy.core.multiarray.scalar"),
    (SCALAR, "numpy._core.multiarray.scalar"),
    np.dtype,
    type(np.dtype(np.float64)),
    type(np.dtype(np.float32)),
]

KNOWN_AS: Final[dict[type[nn.Module], str]] = {
    EchoNet: "R(2+1)D-18",
    DeepLab: "DeepLabV3 on ResNet-50",
}

type State = dict[str, Tensor]


class WrongCheckpoint(InferenceError):
    """The file is none of the two checkpoints, and says in words why not."""


def main() -> None:
    """Answer one request."""
    torch.set_num_threads(THREADS)
    child.begin(cpu_seconds=CPU_SECONDS)
    with child.clip() as file:
        content = file.read()
    try:
        card, weights = converted(content)
    except WrongCheckpoint as wrong:
        child.tell("wrong", {"reason": str(wrong)})
    else:
        child.tell("weights", card, weights)


def converted(content: bytes) -> tuple[dict[str, object], bytes]:
    """The card and the stripped weights of a published checkpoint; WrongCheckpoint."""
    state = published_state(content)
    outlines = any(name.startswith("backbone.") for name in state)
    state = fitting(state, DeepLab) if outlines else fitting(state, EchoNet)
    file = io.BytesIO()
    torch.save(state, file)
    weights = file.getvalue()
    card = outliner_card(state) if outlines else reader_card(state)
    sums: dict[str, object] = {
        "sha256": hashlib.sha256(weights).hexdigest(),
        "published_sha256": hashlib.sha256(content).hexdigest(),
    }
    return card | sums, weights


def reader_card(state: State) -> dict[str, object]:
    """What is known of the network that reads the LVEF, once it has read two phantoms."""
    lvefs, halves = _tried(Card(NAME, FILE, "", demo=False, rmse=RMSE, network=ECHONET), state)
    return {
        "name": NAME,
        "label": None,
        "demo": False,
        "file": FILE,
        "network": ECHONET,
        "held_out": {"rmse": RMSE, "source": RMSE_SOURCE},
        "looks": LOOKS,
        "bfloat16": machine() if halves else None,
        "phantoms": {"true": list(TRUE_LVEFS), "read": [round(lvef, 2) for lvef in lvefs]},
    }


def outliner_card(state: State) -> dict[str, object]:
    """What is known of the network that outlines the ventricle, once it has seen two phantoms.

    Whether it finds the ventricle of a drawn heart is not asked: it has learnt from none.
    """
    network = DeepLab().eval()
    network.load_state_dict(state, strict=True)
    with torch.inference_mode():
        frames = torch.from_numpy(phantom_clips()[:, :, 0])  # (2, 3, 112, 112)
        first, second = network(frames)
    if not torch.isfinite(torch.stack([first, second])).all():
        raise WrongCheckpoint("it outlines phantoms in values that are no numbers")
    if first.std() < ALIKE or (first - second).abs().max() < ALIKE:
        raise WrongCheckpoint("it says the same of every picture, as an untrained one may")
    inside = [round(float((logits > 0).float().mean()), 4) for logits in (first, second)]
    return {
        "name": OUTLINER_NAME,
        "file": OUTLINER_FILE,
        "network": DEEPLAB,
        "phantoms": {"true": list(TRUE_LVEFS), "share_inside": inside},
    }


def published_state(content: bytes) -> State:
    """The tensors by name, without the prefix: only what holds nothing but numbers is opened."""
    try:
        _check_unpacked(content)
        with torch.serialization.safe_globals(ALLOWED), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about strange pickles: they are refused below
            opened = cast(
                "object", torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
            )
    except WrongCheckpoint:
        raise
    except pickle.UnpicklingError as error:
        if "unsupported global" in str(error).lower() or "unrecognized function" in str(error):
            raise WrongCheckpoint("the file holds code or objects besides weights") from error
        raise WrongCheckpoint("the file is no torch checkpoint, or is damaged") from error
    except Exception as error:
        raise WrongCheckpoint("the file is no torch checkpoint, or is damaged") from error
    found = cast("dict[object, object]", opened) if isinstance(opened, dict) else {}
    state = found.get("state_dict", found)
    return _named(cast("dict[object, object]", state) if isinstance(state, dict) else {})


def _check_unpacked(content: bytes) -> None:
    """torch packs nothing, so what unpacks to more than a checkpoint has is made to fill memory."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return  # the older format, which cannot be packed
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
            raise WrongCheckpoint("the file unpacks to more than any checkpoint has")


def _named(state: dict[object, object]) -> State:
    named = {str(name): value for name, value in state.items() if isinstance(value, Tensor)}
    if not named or len(named) < len(state):
        raise WrongCheckpoint("the file holds no network's state")
    if all(name.startswith(PREFIX) for name in named):
        return {name.removeprefix(PREFIX): value for name, value in named.items()}
    return named


def fitting(state: State, network: type[nn.Module]) -> State:
    """The state in float32, if every name and shape is the network's with its one output."""
    with torch.device("meta"):
        wanted = cast("State", network().state_dict())
    missing, unknown = sorted(set(wanted) - set(state)), sorted(set(state) - set(wanted))
    if missing or unknown:
        example = (missing or unknown)[0]
        raise WrongCheckpoint(
            f"this is not {KNOWN_AS[network]} with one output: {len(missing)} of its "
            f"{len(wanted)} tensors are missing and {len(unknown)} are unknown, such as {example}"
        )
    for name, tensor in state.items():
        if tensor.layout != torch.strided or tensor.is_complex() or tensor.is_meta:
            raise WrongCheckpoint(f"{name} holds no plain numbers")
        if tensor.shape != wanted[name].shape:
            raise WrongCheckpoint(
                f"this is another {KNOWN_AS[network]}: {name} is {tuple(tensor.shape)}, "
                f"not {tuple(wanted[name].shape)}"
            )
        if not torch.isfinite(tensor).all():
            raise WrongCheckpoint(f"{name} holds values that are no numbers")
    return {name: state[name].detach().to(wanted[name].dtype).contiguous() for name in wanted}


def _tried(card: Card, state: State) -> tuple[list[float], bool]:
    """What the network says of two phantoms, and whether bfloat16 may say it here."""
    full = Model(card, _network(state), "cpu", torch.float32)
    clips = phantom_clips()
    lvefs = full.answers(clips)
    if not all(PLAUSIBLE[0] < lvef < PLAUSIBLE[1] for lvef in lvefs):
        raise WrongCheckpoint(f"it reads phantoms as {_listed(lvefs)} %, which no heart has")
    if abs(lvefs[0] - lvefs[1]) < LEAST_APART:
        raise WrongCheckpoint(
            f"it reads two different phantoms alike ({_listed(lvefs)} %), as an untrained one does"
        )
    half = in_half(Model(card, _network(state), "cpu", torch.float32), torch.bfloat16)
    return lvefs, may_halve(full, half, clips)


def _network(state: State) -> EchoNet:
    network = EchoNet()
    network.load_state_dict(state, strict=True)
    return folded(network).requires_grad_(False)


def phantom_clips() -> NDArray[np.float32]:
    """One clip of each of two drawn hearts, far apart: (2, 3, 32, 112, 112)."""
    times = np.arange(32) / 25
    hearts = [draw_phantom(SEED + int(lvef), lvef=lvef) for lvef in TRUE_LVEFS]
    drawn = [paint(heart, times.astype(np.float32), 112) for heart in hearts]
    return np.concatenate([network_clips(frames, times, clips=1) for frames in drawn])


def _listed(lvefs: list[float]) -> str:
    return " and ".join(f"{lvef:.2f}" for lvef in lvefs)


if __name__ == "__main__":
    main()
