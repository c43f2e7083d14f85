"""How much tissue the mask keeps, and how much writing: `python -m tests.bench.bench_masking`.

Drawn and real hearts (EYEBALL_REAL_CLIPS, default ../shared/clips) lie on scanner pages. Then words
are written over the tissue, for the text check; without them it must stay silent.
"""

import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from inference.prepare import prepare
from inference.reading import Box, ClipRefused
from inference.video import frames_of
from tests.unit.inference import clips, scanner

REAL = Path(os.environ.get("EYEBALL_REAL_CLIPS", Path(__file__).parents[3] / "shared" / "clips"))
WRITTEN = Path(__file__).parent / "results" / "masking.json"
PHANTOMS = range(9000, 9012)
PAGES_EACH = 2
CODECS = (("avi", "mjpeg", "yuvj420p"), ("mp4", "libx264", "yuv420p"))
WORDS = ("DOE JANE", "SMITH 12/03/1961", "MRN 482913", "ST MARY", "EF 35 %", "MUELLER", "1234567")
WORDS_EACH = 4
CAPITAL_AT_SCALE_1 = 21  # pixels, of OpenCV's fonts


def main() -> None:
    """Measure, print and write."""
    hearts = dict(_hearts())
    found = {"pages": _masks(hearts), "text": _text(hearts), "real_clips": REAL.exists()}
    text = json.dumps(found, indent=2)
    WRITTEN.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


def _hearts() -> Iterator[tuple[str, clips.Gray]]:
    for seed in PHANTOMS:
        yield f"phantom {seed}", clips.heart(48, 320, seed=seed)
    if not REAL.exists():
        sys.stdout.write(f"no real clips in {REAL}: only phantoms\n")
        return
    for path in sorted(REAL.glob("0X*.mp4")):
        frames = [frame.gray[:, :112] for frame in frames_of(io.BytesIO(path.read_bytes()))]
        yield path.stem, np.ascontiguousarray(np.stack(frames[:60]))


def _masks(hearts: dict[str, clips.Gray]) -> dict[str, object]:
    scores: dict[str, scanner.Score] = {}
    refused: list[str] = []
    for number, (name, frames) in enumerate(hearts.items()):
        for seed in range(PAGES_EACH):
            page = scanner.scanned(frames, 10 * number + seed)
            for container, codec, pixels in CODECS:
                label = f"{name}, page {seed}, {codec}"
                content = clips.video(page.frames, container, codec, pixels=pixels)
                try:
                    scores[label] = scanner.scored(page, content)
                except ClipRefused as refusal:
                    refused.append(f"{label}: {refusal}")
    kept = {label: score.tissue_kept for label, score in scores.items()}
    gone = {label: score.text_gone for label, score in scores.items()}
    return {
        "pages": len(scores),
        "refused": refused,
        "tissue_kept": _figures(kept),
        "text_gone": _figures(gone),
        "below_the_goals": {
            label: [round(kept[label], 5), round(gone[label], 5)]
            for label in scores
            if kept[label] < 0.999 or gone[label] < 1
        },
    }


def _figures(shares: dict[str, float]) -> dict[str, float]:
    values = list(shares.values())
    return {
        "mean": round(float(np.mean(values)), 5),
        "median": round(float(np.median(values)), 5),
        "min": round(min(values), 5),
    }


def _text(hearts: dict[str, clips.Gray]) -> dict[str, object]:
    rng = np.random.default_rng(1)
    alarms = {name: len(found(frames)) for name, frames in hearts.items()}
    missed: list[str] = []
    tried = 0
    for name, frames in hearts.items():
        for _ in range(WORDS_EACH):
            label, written, place = _written(frames, rng)
            tried += 1
            if not any(_meet(box, place) for box in found(written)):
                missed.append(f"{name}: {label}")
    return {
        "false_alarms": sum(alarms.values()),
        "clips_without_text": len(alarms),
        "words": tried,
        "found": round(1 - len(missed) / tried, 4),
        "missed": missed,
    }


def found(frames: clips.Gray) -> tuple[Box, ...]:
    """What the text check tells of these frames, sent as a scanner's AVI."""
    content = clips.video(frames, "avi", "mjpeg", pixels="yuvj420p")
    return prepare(io.BytesIO(content))[0].text_boxes


def _written(frames: clips.Gray, rng: np.random.Generator) -> tuple[str, clips.Gray, Box]:
    """One word over the tissue, its capitals 12 to 21 pixels high."""
    height, width = frames.shape[1:]
    capital, words = int(rng.integers(12, 22)), str(rng.choice(WORDS))
    font, ink = int(rng.choice(scanner.FONTS)), int(rng.integers(170, 256))
    scale, thick = capital / CAPITAL_AT_SCALE_1, 1 if capital < 16 else 2
    wide, high = cv2.getTextSize(words, font, scale, thick)[0]
    if wide > 0.7 * width:
        words = words.split()[0]
        wide, high = cv2.getTextSize(words, font, scale, thick)[0]
    x = int(rng.uniform(0.15 * width, max(0.16 * width, 0.85 * width - wide)))
    y = int(rng.uniform(0.35 * height, 0.8 * height))
    written = frames.copy()
    for frame in written:
        cv2.putText(frame, words, (x, y), font, scale, (ink,), thick, cv2.LINE_AA)
    label = f"{words!r}, {capital} px, ink {ink}, font {font}"
    return label, written, Box(x, y - high, wide, high)


def _meet(one: Box, other: Box) -> bool:
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return across > 0 and down > 0 and across * down > 0.2 * other.width * other.height


if __name__ == "__main__":
    main()
