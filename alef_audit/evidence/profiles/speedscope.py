"""Speedscope files, as `py-spy record -f speedscope` writes them: samples of stacks, with weights.

https://www.speedscope.app/file-format-schema.json — only what runs below an event loop counts.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from alef_audit.evidence.observations import Place
from alef_audit.evidence.profiles.loop import below_python_loop
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


def read_speedscope(document: Speedscope, name: str) -> Iterator[Stack]:
    frames = [Spot(frame.name, frame.file or "", frame.line or 0) for frame in document.shared.frames]
    for profile in document.profiles:
        scale = _TO_MS.get(profile.unit, 0.0)
        for sample, weight in zip(profile.samples, profile.weights, strict=False):
            spots = [frames[index] for index in sample if 0 <= index < len(frames)]
            below = below_python_loop(spots)
            if below:
                yield Stack("speedscope", Place(name, 0), below, "", weight * scale, 1)
