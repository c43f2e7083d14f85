"""How a process of ours begins and ends: its log, and that it never outlives its parent."""

import logging
import os
import signal
import sys
import threading
import time

SUPERVISED = "EYEBALL_SUPERVISED"
LOOK_EVERY = 1.0


def log_as(name: str) -> None:
    """Log to standard error. Libraries that would log addresses and arguments speak up only when
    something is wrong: addresses name learners' line items, and open clips."""
    logging.basicConfig(level=logging.INFO, format=f"{name} %(levelname)s %(name)s: %(message)s")
    for talkative in ("httpx", "httpx2", "httpcore", "httpcore2", "procrastinate", "alembic"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


def end_with_stdin() -> None:
    """End this process when its standard input closes: the supervisor holds the other end."""
    if os.environ.get(SUPERVISED) == "1":
        threading.Thread(target=_wait_for_end_of_stdin, daemon=True).start()


def _wait_for_end_of_stdin() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def end_with_parent() -> None:
    """End this process when its parent is gone: for workers that a server has forked."""
    threading.Thread(target=_wait_for_new_parent, args=(os.getppid(),), daemon=True).start()


def _wait_for_new_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY)
    os._exit(1)
