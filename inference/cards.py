"""The model's card: what is known of the weights in a models folder. Imports nothing heavy."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from inference.reading import InferenceError

FOLDER: Final = Path(__file__).parent / "models"
PHANTOM: Final = "phantom"
ECHONET: Final = "r2plus1d_18"
DEEPLAB: Final = "deeplabv3_resnet50"
ECHONET_CARD: Final = "echonet.json"
OUTLINER_CARD: Final = "outlines.json"
PHANTOM_UNET: Final = "phantom_unet"
PHANTOM_OUTLINER_CARD: Final = "phantom_outlines.json"
CARDS: Final = (ECHONET_CARD, "phantom.json")  # the first that is there speaks for the folder


class NoVerifiedWeights(InferenceError):
    """There is no checkpoint, or not the one that its card describes: nothing may be read."""


@dataclass(frozen=True, slots=True)
class Looks:
    """The gray levels of the clips that a model has learnt from: their least and greatest mean, and
    deviation, over blocks of 8x8 pixels of what the network sees.
    """

    mean: tuple[float, float]
    deviation: tuple[float, float]

    def holds(self, mean: float, deviation: float) -> bool:
        """Whether a clip looks like one of them."""
        dark, bright = self.mean
        flat, hard = self.deviation
        return dark <= mean <= bright and flat <= deviation <= hard


@dataclass(frozen=True, slots=True)
class Card:
    """What is known about a model: `rmse` in points, on hearts that it never saw.

    bfloat16: the machine on which halved numbers passed the self-test; None for none.
    """

    name: str
    file: str
    sha256: str
    demo: bool
    rmse: float
    network: str = PHANTOM
    label: str | None = None
    bfloat16: str | None = None
    looks: Looks | None = None


@dataclass(frozen=True, slots=True)
class OutlinerCard:
    """What is known about a model that outlines the ventricle."""

    name: str
    file: str
    sha256: str


def read_outliner_card(folder: Path, name: str = OUTLINER_CARD) -> OutlinerCard | None:
    """The card of the installed outliner, or of the one for phantoms; None where there is none, but
    not where it is broken.
    """
    path = folder / name
    if not path.exists():
        return None
    try:
        card = cast("dict[str, object]", json.loads(path.read_text(encoding="utf-8")))
        file = Path(str(card["file"])).name
        return OutlinerCard(name=str(card["name"]), file=file, sha256=str(card["sha256"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoVerifiedWeights(f"the outliner's card {path.name} is broken") from error


def read_outliner_facts(folder: Path, name: str = OUTLINER_CARD) -> dict[str, object] | None:
    """All that an outliner's card says, for people; None where there is none."""
    if read_outliner_card(folder, name) is None:
        return None
    path = folder / name
    return cast("dict[str, object]", json.loads(path.read_text(encoding="utf-8")))


def read_card(folder: Path = FOLDER) -> Card:
    """The card of the installed model; a broken one is never passed over for another."""
    path = next((folder / name for name in CARDS if (folder / name).exists()), folder / CARDS[-1])
    try:
        card = cast("dict[str, object]", json.loads(path.read_text(encoding="utf-8")))
        held_out = cast("dict[str, float]", card["held_out"])
        return Card(
            name=str(card["name"]),
            file=Path(str(card["file"])).name,
            sha256=str(card["sha256"]),
            demo=card["demo"] is not False,
            rmse=float(held_out["rmse"]),
            network=str(card.get("network", PHANTOM)),
            label=_words(card.get("label")),
            bfloat16=_words(card.get("bfloat16")),
            looks=_looks(card.get("looks")),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoVerifiedWeights(f"the model's card {path.name} is missing or broken") from error


def read_facts(folder: Path = FOLDER) -> dict[str, object]:
    """All that the card of the installed model says, for people; NoVerifiedWeights."""
    read_card(folder)
    path = next(folder / name for name in CARDS if (folder / name).exists())
    return cast("dict[str, object]", json.loads(path.read_text(encoding="utf-8")))


def verified_files(folder: Path = FOLDER) -> tuple[Path, Path]:
    """The card and the weights that it describes, to be taken elsewhere; NoVerifiedWeights."""
    card = read_card(folder)
    path = next(folder / name for name in CARDS if (folder / name).exists())
    try:
        content = (folder / card.file).read_bytes()
    except OSError as error:
        raise NoVerifiedWeights(f"the weights {card.file} are missing") from error
    if hashlib.sha256(content).hexdigest() != card.sha256:
        raise NoVerifiedWeights(f"the weights {card.file} are not those of the card")
    return path, folder / card.file


def _words(value: object) -> str | None:
    return None if value is None else str(value)


def _looks(value: object) -> Looks | None:
    if value is None:
        return None
    bounds = cast("dict[str, list[float]]", value)
    (dark, bright), (flat, hard) = bounds["mean"], bounds["deviation"]
    return Looks((float(dark), float(bright)), (float(flat), float(hard)))
