"""The demo model on the first generator's frozen hearts, and on those of its own generator in looks
that it never learnt: `python -m tests.bench.bench_phantom`.

Written beside the card's figures for the generator that it was trained on; `--card` adds them to
the card, whose page shows all three.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch

from inference.cards import FOLDER, read_card, read_facts
from inference.lessons import HELD_OUT_SEED, draw_for_reading
from inference.measuring import Drawn, figures
from inference.network import PhantomNetwork
from inference.sampling import resampled
from inference.weights import load_network
from tests.support.first_painting import paint
from tests.support.first_phantom import draw_phantom
from tests.support.other_looks import in_other_looks

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
    found = {"first_generator": first, "other_looks": figures(network, others, strange)}
    facts = read_facts() | found
    if chosen.card:
        written = json.dumps(facts, indent=2) + "\n"
        (FOLDER / "phantom.json").write_text(written, encoding="utf-8")
    told = {"model_sha256": card.sha256, "held_out": facts["held_out"], **found}
    WRITTEN.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(WRITTEN.read_text(encoding="utf-8"))


def drawn(seed: int) -> Drawn:
    """One of the first generator's phantoms, as its own training script held it out."""
    phantom = draw_phantom(seed)
    rate = float(np.random.default_rng([seed, 2]).choice(RATES))
    times = np.arange(int(np.ceil(SECONDS * rate)) + 2) / rate
    times = times[resampled(times)]
    return phantom.heart.lvef, paint(phantom, times.astype(np.float32), 112), times


def strange(seed: int) -> Drawn:
    """One of its own generator's held-out phantoms, in looks that its training never has."""
    lvef, frames, times = draw_for_reading(seed)
    return lvef, in_other_looks(frames, seed), times


if __name__ == "__main__":
    main()
