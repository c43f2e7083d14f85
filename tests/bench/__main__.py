"""`python -m tests.bench`: every measurement, one after the other, each in a process of its own."""

import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Run every bench_*.py; each writes tests/bench/results/<name>.json."""
    names = [path.stem for path in sorted(Path(__file__).parent.glob("bench_*.py"))]
    statuses = [
        subprocess.run([sys.executable, "-m", f"tests.bench.{name}"], check=False).returncode
        for name in names
    ]
    sys.exit(max(statuses, default=0))


if __name__ == "__main__":
    main()
