"""Where the cavity of a drawn heart lies, by a network that has learnt from drawn hearts alone.

No picture says that it is a phantom: whoever asks has to know. A real heart is never asked about.
"""

from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from inference.borders import Points, outline_of
from inference.cards import PHANTOM_OUTLINER_CARD, NoVerifiedWeights, read_outliner_card
from inference.outline_network import OutlineNetwork, with_neighbours
from inference.sampling import normalised, resampled
from inference.watching import Watched
from inference.weights import filled

type Floats = NDArray[np.float32]

AT_ONCE: Final = 64  # frames
MOST_BYTES: Final = 1024**2  # of its weights: no file that is larger is opened


def load_phantom_outliner(folder: Path) -> tuple[str, OutlineNetwork]:
    """The name and the verified network; its weights lie in half precision."""
    card = read_outliner_card(folder, PHANTOM_OUTLINER_CARD)
    if card is None:
        raise NoVerifiedWeights("no model that outlines phantoms is installed")
    path = folder / card.file
    if path.exists() and path.stat().st_size > MOST_BYTES:
        raise NoVerifiedWeights(f"the weights {card.file} are larger than any of a phantom model")
    with torch.device("meta"):
        network = OutlineNetwork()
    return card.name, filled(network, card.file, card.sha256, folder).float()


def phantom_outlines(network: OutlineNetwork, seen: Watched) -> list[Points]:
    """The cavity's border in each kept frame, as shares of the square; all 0 for none."""
    ticks = np.searchsorted(seen.chosen, resampled(seen.times))
    logits = cavity_logits(network, normalised(seen.frames, seen.square)[ticks])
    _, firsts = np.unique(ticks, return_index=True)
    return [outline_of(logits[tick]) for tick in firsts]


def cavity_logits(network: OutlineNetwork, video: Floats) -> Floats:
    """Whether each pixel lies in the cavity: above 0 it does.

    video:   (F, 112, 112) float32 at 25 Hz, normalised.
    returns: (F, 56, 56) float32: the mean of what it says of each frame and of its mirror image.
    """
    small = functional.avg_pool2d(torch.from_numpy(video)[None], 2)[0]
    with torch.inference_mode():
        parts = [
            (network(part) + network(part.flip(-1)).flip(-1)) / 2
            for part in with_neighbours(small).split(AT_ONCE)
        ]
    return torch.cat(parts).numpy()
