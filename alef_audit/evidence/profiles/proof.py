"""What `audit prove` measured: a probe of the loop, and the calls that held it. Version `alef-audit/proof/v1`."""

from collections.abc import Iterator
from typing import Final

import msgspec

from alef_audit.evidence.observations import Place
from alef_audit.evidence.profiles.loop import below_python_loop, on_node_loop
from alef_audit.evidence.stacks import Spot, Stack

SCHEMA: Final = "alef-audit/proof/v1"
_SHORTEST_MS: Final = 1.0  # altogether; shorter calls hold up nobody


class Probe(msgspec.Struct, frozen=True):
    """A timer that is set again and again: how often it fired, how often late, and the longest it took."""

    interval_ms: float
    ticks: int
    late: int
    worst_ms: float


class Delay(msgspec.Struct, frozen=True):
    max_ms: float
    p99_ms: float


class ProofFrame(msgspec.Struct, frozen=True):
    function: str
    file: str
    line: int
    column: int = 0


class ProofStack(msgspec.Struct, frozen=True):
    """Innermost first; `blocking` is the function of Node that was called, "" where the stack itself tells it."""

    blocking: str
    ms: float
    count: int
    frames: tuple[ProofFrame, ...]


class Proof(msgspec.Struct, frozen=True):
    schema: str
    runtime: str
    version: str
    directory: str
    script: str
    done: bool  # the process came to its end
    seconds: float
    probe: Probe
    delay: Delay
    utilisation: float
    stacks: tuple[ProofStack, ...]


def read_proof(proof: Proof, name: str) -> Iterator[Stack]:
    """The stacks of calls on the loop; what ran while modules were loaded is left out."""
    for stack in proof.stacks:
        spots = tuple(Spot(one.function, one.file, one.line, 0, one.column) for one in reversed(stack.frames))
        if stack.ms < _SHORTEST_MS:
            continue
        if proof.runtime == "python":
            below = below_python_loop(spots)
        else:
            own = next((i for i in range(len(spots), 0, -1) if not spots[i - 1].file.startswith("node:")), 0)
            below = spots[:own] if on_node_loop(spots) else ()
        if below:
            yield Stack("proof", Place(name, 0), below, stack.blocking, stack.ms, stack.count)
