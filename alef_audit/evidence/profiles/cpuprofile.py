"""V8 CPU profiles (`node --cpu-prof`): a tree of functions, samples of its nodes, and the time between them.

https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile — lines and columns count from 0, times
are microseconds.  A call into Node's own library that does not come back for long is what holds the loop.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from alef_audit.evidence.observations import Place
from alef_audit.evidence.profiles.loop import on_node_loop
from alef_audit.evidence.stacks import Spot, Stack

_OWN: Final = "node:"
_DEEPEST: Final = 200
_MAIN, _WORKER = "node:internal/main/run_main_module", "node:internal/main/worker_thread"
# CPU.<date>.<time>.<process>.<thread>.<number>.cpuprofile, as Node calls them: the main thread is 0
_NAME: Final = re.compile(r"CPU\.\d+\.\d+\.\d+\.(\d+)\.\d+\.cpuprofile$")


class _CallFrame(msgspec.Struct):
    functionName: str = ""
    url: str = ""
    lineNumber: int = -1
    columnNumber: int = -1


class _Node(msgspec.Struct):
    id: int
    callFrame: _CallFrame
    children: tuple[int, ...] = ()


class CpuProfile(msgspec.Struct):
    nodes: tuple[_Node, ...]
    samples: tuple[int, ...] = ()
    timeDeltas: tuple[int, ...] = ()


def is_of_a_worker(profile: CpuProfile, name: str) -> bool:
    """Whether a profile shows another thread than that of the event loop: by how it was started, or by its file's name
    where that is older than the profile."""
    started = {node.callFrame.url for node in profile.nodes} & {_MAIN, _WORKER}
    if started:
        return _MAIN not in started
    found = _NAME.search(name)
    return found is not None and int(found[1]) > 0


def read_cpu_profile(profile: CpuProfile, name: str) -> Iterator[Stack]:
    """The stacks that end in a blocking function of Node, each with the time spent below it."""
    nodes = {node.id: node for node in profile.nodes}
    parents = {child: node.id for node in profile.nodes for child in node.children}
    times: dict[int, list[float]] = {}
    for index, sample in enumerate(profile.samples):
        # the time between two samples belongs to the first of them
        delta = profile.timeDeltas[index + 1] if index + 1 < len(profile.timeDeltas) else 0
        spent = times.setdefault(sample, [0.0, 0.0])
        spent[0] += max(0, delta) / 1000
        spent[1] += 1
    for leaf, (ms, count) in times.items():
        stack = _stack(nodes, parents, leaf)
        blocking = next((spot for spot in stack if _blocks(spot)), None)
        if blocking is None or not on_node_loop(stack):
            continue
        above = stack[: stack.index(blocking)]
        if any(not _is_own(spot) for spot in above) and all(map(_is_own, stack[len(above) :])):
            yield Stack("cpu-profile", Place(name, 0), tuple(above), blocking.function, ms, int(count))


def _stack(nodes: dict[int, _Node], parents: dict[int, int], leaf: int) -> list[Spot]:
    spots: list[Spot] = []
    at: int | None = leaf
    while at is not None and at in nodes and len(spots) < _DEEPEST:
        frame = nodes[at].callFrame
        if frame.url or frame.functionName not in ("(root)", "(program)", "(idle)", "(garbage collector)"):
            spots.append(Spot(frame.functionName, frame.url, 0, frame.lineNumber + 1, frame.columnNumber + 1))
        at = parents.get(at)
    spots.reverse()
    return spots


def _is_own(spot: Spot) -> bool:
    """Whether a function is Node's or V8's."""
    return not spot.file or spot.file.startswith(_OWN)


def _blocks(spot: Spot) -> bool:
    return _is_own(spot) and spot.function.endswith("Sync")
