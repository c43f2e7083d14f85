"""How much of an untrusted clip is decoded at most, whatever its header says."""

from dataclasses import dataclass
from typing import Final

from inference.reading import DECODED_SECONDS, ClipRefused, RefusalCode, too_long

SHORTEST_SIDE: Final = 64
LONGEST_SIDE: Final = 8192
MOST_PIXELS: Final = 9_000_000  # of one frame: 4K has 8.3 million
MOST_PIXELS_IN_ALL: Final = 2_500_000_000
MOST_FRAMES: Final = 3000  # kept: twenty seconds at 150 frames per second
MOST_DECODED: Final = 9000  # a minute of it, from which twenty seconds are trimmed
GIF_COSTS: Final = 8  # times as much as other codecs: four bytes a pixel, converted one by one
UNFOLDED: Final = 200_000_000  # pixels, from which on the file must be worth them:
PIXELS_PER_BYTE: Final = 5000  # a dark page at 0.5 Mbit/s in 1080p has 1000, a bomb 36,000


@dataclass(slots=True)
class Budget:
    """What may be decoded of a clip of `size` bytes, whatever its header says.

    costs: of a pixel in this codec.
    """

    size: int
    costs: int = 1
    frames: int = 0
    kept: int = 0
    pixels: int = 0

    def decode(self, width: int, height: int, seconds: float | None) -> None:
        """Count one decoded frame; ClipRefused beyond a limit."""
        check_size(width, height)
        self.frames += 1
        self.pixels += width * height * self.costs
        if self.frames > MOST_DECODED or (seconds or 0) > DECODED_SECONDS:
            raise too_long(seconds or 0)
        bomb = self.pixels > UNFOLDED and self.pixels > PIXELS_PER_BYTE * self.size
        if bomb or self.pixels > MOST_PIXELS_IN_ALL:
            raise ClipRefused(RefusalCode.TOO_LARGE, {"pixels": self.pixels})

    def keep(self, seconds: float | None) -> None:
        """Count one frame that is kept; ClipRefused beyond the limit."""
        self.kept += 1
        if self.kept > MOST_FRAMES:
            raise too_long(seconds or 0)


def check_size(width: int, height: int) -> None:
    """The kernel's limits are the wall; this refuses a bomb in words, before its first frame."""
    sides: dict[str, float | str] = {"width": width, "height": height}
    if min(width, height) < SHORTEST_SIDE:
        raise ClipRefused(RefusalCode.UNREADABLE, sides)
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise ClipRefused(RefusalCode.TOO_LARGE, sides)
