"""Watches the event loops of the process that it is imported in.

Standard library only: it runs in the Python of the user's program.
"""

import asyncio
import asyncio.events
import atexit
import json
import os
import sys
import threading
import time
from types import FrameType
from typing import Any

_INTERVAL = 0.1  # s between two ticks of the probe
_SLOW = 0.05  # s from which on a callback is looked at
_SAMPLED = 0.01  # s between two looks
_MOST = 2_000  # different stacks
_DEEPEST = 60


class _Watch:
    def __init__(self, file: str) -> None:
        self.file = file
        self.began = time.monotonic()
        self.running: dict[int, float] = {}  # thread -> when the callback that it runs was started
        self.stacks: dict[tuple[Any, ...], list[float]] = {}
        self.probed: set[int] = set()
        self.held = self.worst = self.longest = 0.0
        self.ticks = self.late = 0

    def probe(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the probe of a loop: a timer of 100 ms that measures how long it took."""
        self.probed.add(id(loop))
        self._again(loop)

    def _again(self, loop: asyncio.AbstractEventLoop) -> None:
        due = time.monotonic() + _INTERVAL

        def tick() -> None:
            took = time.monotonic() - due + _INTERVAL
            self.ticks += 1
            self.worst = max(self.worst, took)
            self.late += took > 2 * _INTERVAL
            self._again(loop)

        loop.call_later(_INTERVAL, tick)

    def look(self) -> None:
        """Sample the stacks of loops that are held, for as long as the process lives."""
        written = time.monotonic()
        last: dict[int, float] = {}
        while True:
            time.sleep(_SAMPLED)
            now = time.monotonic()
            for thread, started in list(self.running.items()):
                if now - started < _SLOW:
                    continue
                frame = sys._current_frames().get(thread)
                since = max(started, last.get(thread, started))
                last[thread] = now
                if frame is not None:
                    self._add(_frames(frame), now - since)
            if now - written > 1:
                written = now
                self.write(False)

    def _add(self, frames: tuple[tuple[str, str, int], ...], seconds: float) -> None:
        known = self.stacks.get(frames)
        if known is not None:
            known[0] += seconds
            known[1] += 1
        elif frames and len(self.stacks) < _MOST:
            self.stacks[frames] = [seconds, 1]

    def write(self, done: bool) -> None:
        seconds = time.monotonic() - self.began
        proof = {
            "schema": "alef-audit/proof/v1",
            "runtime": "python",
            "version": ".".join(map(str, sys.version_info[:3])),
            "directory": os.getcwd(),
            "script": os.path.abspath(sys.argv[0]) if sys.argv and sys.argv[0] else "",
            "done": done,
            "seconds": seconds,
            "probe": {
                "interval_ms": _INTERVAL * 1000,
                "ticks": self.ticks,
                "late": self.late,
                "worst_ms": max(self.worst, self.longest) * 1000,
            },
            "delay": {"max_ms": self.longest * 1000, "p99_ms": 0.0},
            "utilisation": min(1.0, self.held / seconds) if seconds else 0.0,
            "stacks": [
                {
                    "blocking": "",
                    "ms": spent * 1000,
                    "count": int(count),
                    "frames": [{"function": name, "file": file, "line": line} for name, file, line in frames],
                }
                for frames, (spent, count) in list(self.stacks.items())
            ],
        }
        try:
            with open(self.file + ".tmp", "w", encoding="utf-8") as stream:
                json.dump(proof, stream)
            os.replace(self.file + ".tmp", self.file)
        except OSError:
            pass  # the program goes on without a proof


def _frames(frame: FrameType | None) -> tuple[tuple[str, str, int], ...]:
    """The stack below the callback, innermost first."""
    found: list[tuple[str, str, int]] = []
    while frame is not None and len(found) < _DEEPEST:
        code = frame.f_code
        if code.co_name == "_timed" and code.co_filename == __file__:
            return tuple(found)
        found.append((code.co_name, code.co_filename, frame.f_lineno))
        frame = frame.f_back
    return ()


def watch(file: str) -> None:
    """Watch every loop of this process, and write what was measured to `file`."""
    state = _Watch(file)
    run = asyncio.events.Handle._run

    def _timed(self: Any) -> None:
        loop = self._loop
        if id(loop) not in state.probed:
            state.probe(loop)
        thread = threading.get_ident()
        started = time.monotonic()
        outer = state.running.get(thread)
        state.running[thread] = started
        try:
            run(self)
        finally:
            took = time.monotonic() - started
            if outer is None:
                del state.running[thread]
                state.held += took
            else:
                state.running[thread] = outer
            state.longest = max(state.longest, took)

    asyncio.events.Handle._run = _timed  # type: ignore[method-assign]
    threading.Thread(target=state.look, daemon=True, name="alef-audit").start()
    atexit.register(state.write, True)
