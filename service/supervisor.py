"""Starts the processes of one machine, replaces those that die, and stops them all."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FrameType

from service.lifeline import SUPERVISED

STOPS_WITHIN = 15.0  # seconds, before a process that will not stop is killed
LOOK_EVERY = 0.2
PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # before a process that keeps dying is started again
STEADY_AFTER = 60.0


@dataclass(slots=True)
class Child:
    """A process that should always be running."""

    name: str
    arguments: list[str]
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started_at: float = 0.0
    start_at: float = 0.0

    def start(self, environment: Mapping[str, str]) -> None:
        """Start it, with a pipe as its lifeline and out of reach of the terminal's Ctrl-C."""
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", *self.arguments],
            stdin=subprocess.PIPE,
            env=dict(environment),
            start_new_session=True,
        )


class Stopped(Exception):
    """Somebody asked for an end before everything was up."""


@dataclass(slots=True)
class Supervisor:
    """Keeps its children alive until a signal comes.

    also: what is seen to as often as they are.
    """

    say: Callable[[str], None]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    children: list[Child] = field(default_factory=list[Child])
    also: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])
    stopping: bool = False

    def add(self, name: str, *arguments: str) -> Child:
        """One more process to keep."""
        child = Child(name, list(arguments))
        self.children.append(child)
        return child

    def hear_signals(self) -> None:
        """SIGINT and SIGTERM end the start or the loop; everything is then stopped in order."""
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGTERM, self._on_signal)

    def go_on(self) -> None:
        """Between two steps of a start: raise Stopped if a signal has come."""
        if self.stopping:
            raise Stopped

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def start(self) -> None:
        """Start everything."""
        self.environment = {**os.environ, **self.environment, SUPERVISED: "1"}
        for child in self.children:
            child.start(self.environment)

    def watch(self) -> None:
        """Replace what dies, until a signal comes."""
        while not self.stopping:
            self.look_once()
            time.sleep(LOOK_EVERY)

    def look_once(self) -> None:
        """Replace what has died, and see to what is no child."""
        for see_to in self.also:
            see_to()
        for child in self.children:
            self._look_after(child)

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.start_at:
                child.start(self.environment)
        elif (status := child.process.poll()) is not None:
            steady = now - child.started_at > STEADY_AFTER
            child.deaths = 1 if steady else child.deaths + 1
            pause = PAUSES[min(child.deaths, len(PAUSES)) - 1]
            child.start_at = now + pause
            child.process = None
            self.say(f"{child.name} ended with status {status}; starting it again in {pause:g} s")

    def stop(self) -> None:
        """Ask all to stop, wait, and kill what will not."""
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOPS_WITHIN
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdin is not None:
                process.stdin.close()
