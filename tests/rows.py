"""What the README's tables of attacks and faults are made of: each test carries its row."""

from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Final, Literal, NamedTuple, TypeVar

Table = Literal["attack", "fault"]
Test = TypeVar("Test", bound=Callable[..., None])
_MODULES: Final[dict[Table, tuple[str, ...]]] = {
    "attack": (
        "tests.hostile.test_execution",
        "tests.hostile.test_confinement",
        "tests.hostile.test_silence",
        "tests.hostile.test_exhaustion",
        "tests.hostile.test_output",
        "tests.hostile.test_posting",
    ),
    "fault": ("tests.test_cache", "tests.test_faults"),
}


class Row(NamedTuple):
    table: Table
    what: str
    happens: str


def attack(what: str, happens: str) -> Callable[[Test], Test]:
    """A test of what an author of the audited tree may try."""
    return _with(Row("attack", what, happens))


def fault(what: str, happens: str) -> Callable[[Test], Test]:
    """A test of what may go wrong with files."""
    return _with(Row("fault", what, happens))


def table_of(table: Table) -> list[str]:
    """The lines of the README's table; tests that show the same, on different inputs, share a line."""
    found = dict.fromkeys(row for name in _MODULES[table] for row in _rows(import_module(name)) if row.table == table)
    return [f"| {table} | what happens |", "|---|---|", *(f"| {row.what} | {row.happens} |" for row in found)]


def _with(row: Row) -> Callable[[Test], Test]:
    def decorated(test: Test) -> Test:
        test.row = row  # type: ignore[attr-defined]
        return test

    return decorated


def _rows(module: ModuleType) -> Iterator[Row]:
    yield from (value.row for value in vars(module).values() if hasattr(value, "row"))
