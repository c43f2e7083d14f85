"""Verified weights or none: a checkpoint is loaded only if its card vouches for every byte."""

import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import torch

from inference.network import PhantomNetwork
from inference.reading import InferenceError

FOLDER: Final = Path(__file__).parent / "models"
CARD: Final = "phantom.json"


class NoVerifiedWeights(InferenceError):
    """There is no checkpoint, or not the one that its card describes: nothing may be read."""


@dataclass(frozen=True, slots=True)
class Card:
    """What is known about a model: `rmse` in points, on hearts of its own kind held out."""

    name: str
    file: str
    sha256: str
    demo: bool
    rmse: float


def read_card(folder: Path = FOLDER) -> Card:
    """The model's card."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        return Card(
            name=str(card["name"]),
            file=Path(str(card["file"])).name,
            sha256=str(card["sha256"]),
            demo=card["demo"] is not False,
            rmse=float(card["held_out"]["rmse"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoVerifiedWeights(f"the model's card {CARD} is missing or broken") from error


def load_network(card: Card, folder: Path = FOLDER) -> PhantomNetwork:
    """The network, ready to read; the bytes that were hashed are the bytes that are loaded."""
    try:
        content = (folder / card.file).read_bytes()
    except OSError as error:
        raise NoVerifiedWeights(f"the weights {card.file} are missing") from error
    if hashlib.sha256(content).hexdigest() != card.sha256:
        raise NoVerifiedWeights(f"the weights {card.file} are not those of the card")
    state = cast("dict[str, torch.Tensor]", torch.load(io.BytesIO(content), weights_only=True))
    network = PhantomNetwork()
    network.load_state_dict(state, strict=True)
    return network.eval()
