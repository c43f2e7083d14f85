"""The demo model on the first generator's frozen hearts, and on those of its own generator in other
looks: of kinds that it never learnt, and of more kinds, all stronger than any that it learnt.

`python -m tests.bench.bench_phantom` writes them beside the figures for its own generator's new
hearts, as the training found them; `--card` puts all into the card.
"""

import argparse
import json
import sys
from functools import cache
from pathlib import Path

import numpy as np
import torch

from inference.cards import FOLDER, read_card, read_facts
from inference.first_painting import paint
from inference.first_phantom import draw_phantom
from inference.lessons import HELD_OUT_SEED, draw_for_reading
from inference.measuring import Drawn, figures
from inference.network import PhantomNetwork
from inference.sampling import resampled
from inference.weights import load_network
from tests.support.other_looks import STRONGER, UNLEARNT, in_other_looks

FIRST_SEED = 77_000_000
RATES = (25, 30, 40, 50, 50, 60)
SECONDS = 3.0
WRITTEN = Path(__file__).parent / "results" / "phantom.json"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phantoms", type=int, default=300)
    parser.add_argument("--card", action="store_true", help="write them into the card as well")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    card = read_card()
    network = load_network(card)
    if not isinstance(network, PhantomNetwork):
        raise SystemExit("the installed model is not the demo model")
    first = figures(network, range(FIRST_SEED, FIRST_SEED + chosen.phantoms), drawn)
    others = range(HELD_OUT_SEED, HELD_OUT_SEED + chosen.phantoms)
    found = {
        "held_out": figures(network, others, usual),
        "first_generator": first,
        "unlearnt_looks": figures(network, others, unlearnt),
        "other_looks": figures(network, others, stronger),
    }
    facts = read_facts() | found
    if chosen.card:
        written = json.dumps(facts, indent=2) + "\n"
        (FOLDER / "phantom.json").write_text(written, encoding="utf-8")
    told = {"model_sha256": card.sha256, **found}
    WRITTEN.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(WRITTEN.read_text(encoding="utf-8"))


def drawn(seed: int) -> Drawn:
    """One of the first generator's phantoms, as its own training script held it out."""
    phantom = draw_phantom(seed)
    rate = float(np.random.default_rng([seed, 2]).choice(RATES))
    times = np.arange(int(np.ceil(SECONDS * rate)) + 2) / rate
    times = times[resampled(times)]
    return phantom.heart.lvef, paint(phantom, times.astype(np.float32), 112), times


@cache
def usual(seed: int) -> Drawn:
    """One of its own generator's held-out phantoms, drawn once for all that is done to it."""
    return draw_for_reading(seed)


def unlearnt(seed: int) -> Drawn:
    """The same, in looks of kinds that no training has."""
    lvef, frames, times = usual(seed)
    return lvef, in_other_looks(frames, seed, UNLEARNT, 2), times


def stronger(seed: int) -> Drawn:
    """The same, in looks that no training has so strong."""
    lvef, frames, times = usual(seed)
    return lvef, in_other_looks(frames, seed, STRONGER, 3), times


if __name__ == "__main__":
    main()
