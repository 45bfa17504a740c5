"""Which part of a stack the event loop runs, and which stacks belong to the start of the program."""

from collections.abc import Sequence
from typing import Final

from alef_audit.evidence.stacks import Spot

# Functions of event loops that run one callback or step, by the end of their file.
_RUNNERS: Final = (("asyncio/events.py", "_run"), ("uvloop/loop.pyx", ""))
_NODE_LOADERS: Final = ("node:internal/modules/", "node:internal/main/", "internal/modules/")


def on_node_loop(spots: Sequence[Spot]) -> bool:
    """Whether nothing loads a module there: what runs while modules are loaded holds up nobody yet."""
    return not any(spot.file.startswith(_NODE_LOADERS) or _is_module_body(spot) for spot in spots)


def below_python_loop(spots: Sequence[Spot]) -> tuple[Spot, ...]:
    """What the innermost event loop runs; nothing if no event loop is on the stack."""
    for index in range(len(spots) - 1, -1, -1):
        spot = spots[index]
        file = spot.file.replace("\\", "/")
        name = spot.function.rpartition(".")[2]
        if any(file.endswith(end) and (not runner or name == runner) for end, runner in _RUNNERS):
            return tuple(spots[index + 1 :])
    return ()


def on_python_main_thread(spots: Sequence[Spot]) -> bool:
    """Whether a whole stack is that of the thread that the interpreter began with: `threading` starts the others."""
    first = spots[0] if spots else None
    return first is not None and not (first.file.endswith("threading.py") and first.function.endswith("_bootstrap"))


def _is_module_body(spot: Spot) -> bool:
    return not spot.function and spot.defined == 1 and spot.column <= 1 and not spot.file.startswith("node:")
