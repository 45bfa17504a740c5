"""What languages let one put into itself, as deep as nobody goes: read, or said to be too deep."""

from pathlib import Path

import pytest

from tests.fuzz import nests
from tests.fuzz.mutators import Seed
from tests.fuzz.nests import Nest
from tests.fuzz.targets import check_front_end

# One for each way that the front ends go down.
_DEEP = 100_000
_ECMASCRIPT = ("parentheses", "brackets", "blocks", "nots", "templates", "elements")
_PYTHON = ("parentheses", "brackets", "nots", "f-strings")
_GRAMMARS = (("a.ts", nests.ECMASCRIPT), ("a.jsx", nests.ECMASCRIPT), ("a.py", nests.PYTHON))
_LONG = 20_000
_CHAINS = ("sum", "comparisons", "lambdas", "elif", "decorators")


def _inside(one: Nest, depth: int, name: str) -> bytes:
    """The nest, and for scripts once more in a function."""
    data = one.at(depth)
    return data if name.endswith(".py") else b"async function f(a) {\n" + data + b"\n}\n" + data


def _cases(named: tuple[str, ...], known: tuple[Nest, ...], name: str) -> list[tuple[str, Nest]]:
    return [(name, one) for one in known if one.name in named]


@pytest.mark.parametrize(
    ("name", "nest", "depth"),
    [
        *((name, one, _DEEP) for name, one in _cases(_ECMASCRIPT, nests.ECMASCRIPT, "mutated.tsx")),
        *((name, one, _DEEP) for name, one in _cases(_PYTHON, nests.PYTHON, "mutated.py")),
        *((name, one, _LONG) for name, one in _cases(_CHAINS, nests.PYTHON, "mutated.py")),
    ],
    ids=lambda one: one.name if isinstance(one, Nest) else str(one),
)
def test_nesting_and_chains_without_end(name: str, nest: Nest, depth: int, tmp_path: Path) -> None:
    check_front_end(Seed(name, nest.at(depth)), tmp_path)


@pytest.mark.parametrize(("name", "known"), _GRAMMARS)
def test_everything_that_can_lie_in_itself(name: str, known: tuple[Nest, ...], tmp_path: Path) -> None:
    for one in known:
        check_front_end(Seed(name, _inside(one, 200, name)), tmp_path)


@pytest.mark.parametrize("head", nests.INDENTED)
def test_blocks_of_python_in_one_another(head: bytes, tmp_path: Path) -> None:
    check_front_end(Seed("a.py", nests.indented(head, 400)), tmp_path)
