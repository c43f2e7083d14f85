"""`python -m inference.anchors`: draw one heart of an exact LVEF, to lay beside other answers.

It teaches what a number looks like, so it was chosen among a thousand: a good window, even walls,
a shape as hearts of this LVEF tend to have, and a cavity whose area falls by about as much as one
that shrinks alike in all directions, 1 - (1 - LVEF)^(2/3). Beats are regular and of one rate. No
practice case and no training is drawn from these seeds.
"""

from typing import Final, cast

import cv2

from inference import child
from inference.phantom import Phantom
from inference.practice import CPU_SECONDS, send, teachable

SEEDS: Final = {  # by LVEF, percent
    10: 8_810_028,
    15: 8_815_634,
    20: 8_820_043,
    25: 8_825_280,
    30: 8_830_528,
    35: 8_835_420,
    40: 8_840_018,
    45: 8_845_468,
    50: 8_850_629,
    55: 8_855_291,
    60: 8_860_269,
    65: 8_865_645,
    70: 8_870_044,
    75: 8_875_138,
}
HEART_RATE: Final = 66.0  # beats per minute
SECONDS: Final = 2.4  # a whole beat, wherever in it the clip begins, and little more to draw


def main() -> None:
    """Send the heart that was asked for; whatever else this machine does comes first."""
    cv2.setNumThreads(1)
    asked = child.begin(cpu_seconds=CPU_SECONDS, gives_way=True)
    send(anchor_phantom(cast("int", asked["lvef"])), total=1, seconds=SECONDS)


def anchor_phantom(lvef: int) -> Phantom:
    """The heart of exactly this LVEF, in percent; always the same one."""
    return teachable(SEEDS[lvef], float(lvef), HEART_RATE, irregular=False, poor=False)


if __name__ == "__main__":
    main()
