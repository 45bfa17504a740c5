"""Watches the event loops of the process that it is imported in.

Callbacks of asyncio's own loops are timed one by one.  Of any other loop (uvloop) no more is known than what every loop
has to tell asyncio, namely that it runs: it is asked to answer again and again, and is held for as long as it does not.

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
from typing import Any, NamedTuple

_INTERVAL = 0.1  # s between two ticks of the probe
_SLOW = 0.05  # s from which on a callback is looked at
_SAMPLED = 0.01  # s between two looks
_ASKED = 0.02  # s between an answer and the next question
_MOST = 2_000  # different stacks
_DEEPEST = 60
_RUNNER = ("_run", "asyncio/events.py", 0)  # stands for a loop that is not written in Python


class _Running(NamedTuple):
    """A loop that runs: `turn` is new each time it is started, `outer` the frame that started it."""

    loop: Any
    turn: int
    outer: FrameType
    is_timed: bool  # callback by callback


class _Watch:
    def __init__(self, file: str) -> None:
        self.file = file
        self.began = time.monotonic()
        self.loops: dict[int, _Running] = {}  # by thread
        self.held_since: dict[int, float] = {}  # thread -> when the callback that it runs was started
        self.asked: dict[int, float] = {}  # thread -> when its loop was asked, and did not answer yet
        self.answered: dict[int, float] = {}
        self.stacks: dict[tuple[Any, ...], list[float]] = {}
        self.turns = 0
        self.held = self.worst = self.longest = 0.0
        self.ticks = self.late = 0

    def started(self, loop: asyncio.AbstractEventLoop, outer: FrameType) -> None:
        """Watch a loop that starts to run in this thread, and start its probe: a timer that is itself timed."""
        self.turns += 1
        thread, is_timed = threading.get_ident(), isinstance(loop, asyncio.BaseEventLoop)
        self.loops[thread] = _Running(loop, self.turns, outer, is_timed)
        self.asked.pop(thread, None)
        self._again(loop, thread, self.turns)

    def stopped(self) -> None:
        thread = threading.get_ident()
        self.loops.pop(thread, None)
        self.asked.pop(thread, None)

    def took(self, seconds: float) -> None:
        """Add how long a loop was held at a stretch."""
        self.held += seconds
        self.longest = max(self.longest, seconds)

    def _again(self, loop: asyncio.AbstractEventLoop, thread: int, turn: int) -> None:
        due = time.monotonic() + _INTERVAL

        def tick() -> None:
            running = self.loops.get(thread)
            if running is None or running.turn != turn:
                return  # the loop was stopped meanwhile, or is another one
            took = time.monotonic() - due + _INTERVAL
            self.ticks += 1
            self.worst = max(self.worst, took)
            self.late += took > 2 * _INTERVAL
            self._again(loop, thread, turn)

        loop.call_later(_INTERVAL, tick)

    def look(self) -> None:
        """Sample the stacks of loops that are held, for as long as the process lives."""
        written = time.monotonic()
        last: dict[int, float] = {}
        while True:
            time.sleep(_SAMPLED)
            now = time.monotonic()
            for thread, running in list(self.loops.items()):
                if not running.is_timed:
                    self._ask(thread, running, now)
            for thread, started in [*self.held_since.items(), *self.asked.items()]:
                if now - started < _SLOW:
                    continue
                frame = sys._current_frames().get(thread)
                since = max(started, last.get(thread, started))
                last[thread] = now
                if frame is not None:
                    self._add(_frames(frame, self.loops.get(thread)), now - since)
            if now - written > 1:
                written = now
                self.write(False)

    def _ask(self, thread: int, running: _Running, now: float) -> None:
        """Ask a loop to answer, unless it is being asked, or has just answered."""
        if thread in self.asked or now - self.answered.get(thread, 0.0) < _ASKED:
            return

        def answer() -> None:
            asked = self.asked.pop(thread, None)
            self.answered[thread] = time.monotonic()
            if asked is not None:
                self.took(self.answered[thread] - asked)

        self.asked[thread] = now
        try:
            running.loop.call_soon_threadsafe(answer)
        except RuntimeError:  # it was closed meanwhile
            self.asked.pop(thread, None)

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


def _frames(frame: FrameType | None, running: _Running | None) -> tuple[tuple[str, str, int], ...]:
    """The stack below the callback, or below what started the loop, innermost first."""
    found: list[tuple[str, str, int]] = []
    while frame is not None and len(found) < _DEEPEST:
        code = frame.f_code
        if code.co_name == "_timed" and code.co_filename == __file__:
            return tuple(found)
        if running is not None and not running.is_timed and frame is running.outer:
            return (*found, _RUNNER) if found else ()
        found.append((code.co_name, code.co_filename, frame.f_lineno))
        frame = frame.f_back
    return ()


def watch(file: str) -> None:
    """Watch every loop of this process, and write what was measured to `file`."""
    state = _Watch(file)
    _watch_loops(state)
    _time_callbacks(state)
    threading.Thread(target=state.look, daemon=True, name="alef-audit").start()
    atexit.register(state.write, True)


def _watch_loops(state: _Watch) -> None:
    """Every loop says so when it starts to run and when it stops, or `asyncio.get_running_loop` would not know it."""
    told = asyncio.events._set_running_loop

    def _set_running_loop(loop: Any) -> None:
        told(loop)
        if loop is None:
            state.stopped()
        else:
            state.started(loop, sys._getframe(1))

    asyncio.events._set_running_loop = _set_running_loop
    asyncio._set_running_loop = _set_running_loop


def _time_callbacks(state: _Watch) -> None:
    """Callbacks and steps of tasks of asyncio's own loops go through `Handle._run`."""
    run = asyncio.events.Handle._run

    def _timed(self: Any) -> None:
        thread = threading.get_ident()
        started = time.monotonic()
        outer = state.held_since.get(thread)
        state.held_since[thread] = started
        try:
            run(self)
        finally:
            if outer is None:
                del state.held_since[thread]
                state.took(time.monotonic() - started)
            else:
                state.held_since[thread] = outer

    asyncio.events.Handle._run = _timed  # type: ignore[method-assign]
