"""Lines of Python's own monitors: asyncio's debug mode, blockbuster, Home Assistant's loop protection.

`Executing <Task … coro=<handle() running at app.py:31> …> took 0.120 seconds`; `Blocking call to time.sleep` below a
traceback; `Detected blocking call to open with args … in …/x.py, line 7: … inside the event loop`.
"""

from typing import Final

import re2

from alef_audit.evidence.observations import Place
from alef_audit.evidence.profiles.loop import below_python_loop
from alef_audit.evidence.stacks import Spot, Stack

EXECUTING: Final = "Executing <"
DETECTED: Final = "Detected blocking call to "
BLOCKING: Final = "BlockingError: Blocking call to "

_TOOK: Final = re2.compile(r"Executing <.+> took (\d{1,9}\.\d{1,6}) seconds")
_CORO: Final = re2.compile(
    r"(?:coro=<|<)([\w.<>]+)\(\)[^<>]*?(?:, defined at|running at|done, defined at) ([^<>:]+(?::\\[^<>:]+)?):(\d{1,9})"
)
_CALLED: Final = re2.compile(r"(?:Detected b|B)locking call to ([\w.]{1,200})")
_OFFENDER: Final = re2.compile(r"offender: ([^,]+), line (\d{1,9})")
_IN: Final = re2.compile(r" in ([^,]+), line (\d{1,9})")
_AT: Final = re2.compile(r" at ([^,]+), line (\d{1,9})")
_FILE: Final = re2.compile(r'^\s*File "([^"]+)", line (\d{1,9}), in (.{1,200})$')


def read_executing(line: str, place: Place) -> Stack | None:
    """A step of a task that took too long: its coroutine, not what was called in it."""
    took, coroutine = _TOOK.search(line), _CORO.search(line)
    if took is None or coroutine is None:
        return None
    exact = "running at" in line[: coroutine.end()]
    number = int(coroutine[3])
    spot = Spot(coroutine[1], coroutine[2], number if exact else 0, 0 if exact else number)
    return Stack("asyncio-debug", place, (spot,), "", float(took[1]) * 1000, 1)


def read_detected(lines: list[str], place: Place) -> Stack | None:
    """A blocking call that a monitor caught, with the traceback behind it if there is one."""
    called = _CALLED.search(lines[0])
    if called is None:
        return None
    traced = traceback_spots(lines[1:])
    spots = below_python_loop(traced) or tuple(traced)
    if not spots:
        found = _OFFENDER.search(lines[0]) or _IN.search(lines[0]) or _AT.search(lines[0])
        if found is None:
            return None
        spots = (Spot("", found[1], int(found[2])),)
    return Stack("blocking-call", place, spots, called[1], 0.0, 1)


def traceback_spots(lines: list[str]) -> list[Spot]:
    """The functions of a traceback, outermost first, without those of the monitor itself."""
    spots = [Spot(found[3], found[1], int(found[2])) for line in lines if (found := _FILE.match(line)) is not None]
    return [spot for spot in spots if "blockbuster" not in spot.file]
