"""Speedscope files, as `py-spy record -f speedscope` writes them: samples of stacks, with weights.

https://www.speedscope.app/file-format-schema.json — only what runs below an event loop counts.  Each thread is one
profile; its name is left empty where the sampler did not know it yet.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from alef_audit.evidence.observations import Place
from alef_audit.evidence.profiles.loop import below_python_loop, on_python_main_thread
from alef_audit.evidence.stacks import Spot, Stack

_TO_MS: Final = {"seconds": 1e3, "milliseconds": 1.0, "microseconds": 1e-3, "nanoseconds": 1e-6}


class _Frame(msgspec.Struct):
    name: str = ""
    file: str | None = None
    line: int | None = None


class _Shared(msgspec.Struct):
    frames: tuple[_Frame, ...]


class _Profile(msgspec.Struct):
    type: str = ""
    unit: str = ""
    samples: tuple[tuple[int, ...], ...] = ()
    weights: tuple[float, ...] = ()


class Speedscope(msgspec.Struct):
    shared: _Shared
    profiles: tuple[_Profile, ...]


class Threads(NamedTuple):
    """What ran on the loop that counts, and how many samples another loop of the process has."""

    stacks: tuple[Stack, ...]
    elsewhere: int


def read_speedscope(document: Speedscope, name: str) -> Threads:
    """Where the main thread runs a loop it is the program's; what other loops serve does not wait for it."""
    frames = [Spot(frame.name, frame.file or "", frame.line or 0) for frame in document.shared.frames]
    found = [one for profile in document.profiles for one in _stacks(profile, frames, name)]
    main = tuple(stack for stack, is_main in found if is_main)
    return Threads(main or tuple(stack for stack, _ in found), len(found) - len(main) if main else 0)


def _stacks(profile: _Profile, frames: Sequence[Spot], name: str) -> Iterator[tuple[Stack, bool]]:
    scale = _TO_MS.get(profile.unit, 0.0)
    for sample, weight in zip(profile.samples, profile.weights, strict=False):
        spots = [frames[index] for index in sample if 0 <= index < len(frames)]
        below = below_python_loop(spots)
        if below:
            yield Stack("speedscope", Place(name, 0), below, "", weight * scale, 1), on_python_main_thread(spots)
