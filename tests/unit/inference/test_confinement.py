"""What a child cannot do, whoever tells it to."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from inference.pipe import ROOT

CONFINED = "from inference.confinement import confine; confine(); import os, socket, subprocess\n"
SEALED = (
    "import sys; sys.argv = ['x', '9']\nfrom inference import child; import numpy; child.seal()\n"
)


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "attempt",
    [
        "open('{folder}/new', 'w')",
        "open('{folder}/new', 'ab')",
        "os.open('{folder}/new', os.O_CREAT | os.O_RDWR)",
        "os.mkdir('{folder}/new')",
        "os.symlink('/etc', '{folder}/new')",
        "os.remove('{folder}/there')",
        "os.rename('{folder}/there', '{folder}/new')",
        "socket.socket()",
        "socket.create_connection(('127.0.0.1', 9))",
        "socket.getaddrinfo('example.org', 80)",
        "subprocess.run(['true'])",
        "os.system('true')",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
    ],
)
def test_a_child_writes_connects_and_starts_nothing(attempt: str, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    tried = run(CONFINED + attempt.format(folder=tmp_path))
    assert tried.returncode == 1
    assert "Forbidden" in tried.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/hostname')",
        "import wave",
        "import ctypes; "
        "fd = ctypes.CDLL(None).open(b'/etc/hostname', 0); sys.exit(0 if fd >= 0 else 1)",
        "import ctypes; fd = ctypes.CDLL(None).socket(2, 1, 0); sys.exit(0 if fd >= 0 else 1)",
    ],
)
def test_a_sealed_child_opens_nothing_not_even_by_c(attempt: str) -> None:
    assert run("import ctypes\n" + SEALED + attempt).returncode == 1


def test_a_sealed_child_tells_where_it_failed_but_not_what_it_read() -> None:
    tried = run(SEALED + "print('DOE JANE', file=sys.stderr)\nraise ValueError('DOE JANE')")
    assert "ValueError, at" in tried.stderr
    assert "DOE" not in tried.stderr
