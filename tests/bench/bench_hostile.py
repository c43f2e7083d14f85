"""Ten minutes of damaged clips, a process for each: `python -m tests.bench.bench_hostile`.

Rounds of mutations go on where the unit test ends, until the time is over.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from itertools import count
from pathlib import Path

from tests.unit.inference import hostile
from tests.unit.inference.test_hostile import MUTATIONS, mutations

WRITTEN = Path(__file__).parent / "results" / "hostile.json"
A_ROUND = 100
MINUTES = 10.0


def main() -> None:
    """Damage, prepare, count and write; ends with 1 if any clip got through the net."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(rounds(Path(folder), parser.parse_args().minutes * 60))
    text = json.dumps(found, indent=2)
    WRITTEN.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")
    sys.exit(1 if found["failed"] else 0)


async def rounds(folder: Path, seconds: float) -> dict[str, object]:
    """How all mutations ended within these seconds."""
    for number, content in enumerate(hostile.good()):
        (folder / f"{number:02}").write_bytes(content)
    ended: Counter[str] = Counter()
    failed: list[str] = []
    dearest, largest, began = 0.0, 0, time.monotonic()
    for start in count(MUTATIONS, A_ROUND):
        if time.monotonic() - began > seconds:
            break
        halves = await asyncio.gather(
            *(mutations(folder, start + half, start + A_ROUND, 2) for half in (0, 1))
        )
        for half in halves:
            ended.update(half["ended"])
            failed += half["failed"]
            dearest = max(dearest, half["seconds"])
            largest = max(largest, half["kilobytes"])
    return {
        "clips": ended.total(),
        "minutes": round((time.monotonic() - began) / 60, 1),
        "ended": dict(ended.most_common()),
        "failed": failed,
        "dearest_refusal_cpu_seconds": round(dearest, 2),
        "largest_process_megabytes": round(largest / 1024),
    }


if __name__ == "__main__":
    main()
