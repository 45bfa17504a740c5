"""Methods that are called for want of a better one: `if (store.upsert) { store.upsert(x); return; } store.save(all)`.

Where the call of `save` stands behind a test that there is no `upsert`, the `save` of an object that has both is not
meant.  That is asked of each object that the receiver may be, for its two methods belong together.
"""

import re
from collections.abc import Iterator
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.collect import functions_among
from alef_audit.callgraph.keeping import chain, plain
from alef_audit.callgraph.predicates import NOTHING, comparison, implied, parse
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK

_KIND: Final = re.compile(r"typeof\s+(?P<path>[\w$.?]+)")
_ASKED: Final = re.compile(r"""hasattr\((?P<base>[\w.]+), ["'](?P<name>\w+)["']\)""")


def preferred(state: State, table: CallTable, call: int, functions: list[int]) -> list[int]:
    """Those of `functions` that `call` means: without the methods of objects that have what it was tested to lack."""
    receiver, condition = table.receiver(call), table.condition(call)
    base = plain(table.text(call)).rpartition(".")[0]
    if not functions or not receiver or condition < 0 or not base:
        return functions
    lacking = set(_lacking(state, table, call, base))
    if not lacking:
        return functions
    known = state.program.name_ids
    ids = [known[name] for name in lacking if name in known]
    held = [value for value in state.held(receiver) if value & MASK == tokens.OBJECT]
    member = table.members[call]
    owners: dict[int, list[bool]] = {}
    for value in held:
        has_better = any(functions_among(state.held(state.known_field(value, name))) for name in ids)
        for function in functions_among(state.held(state.known_field(value, member))):
            owners.setdefault(function, []).append(has_better)
    return [function for function in functions if not (function in owners and all(owners[function]))]


def _lacking(state: State, table: CallTable, call: int, base: str) -> Iterator[str]:
    """The methods that the object in `base` was tested not to have."""
    conditions = state.program.unit_of(table.function(call)).facts.conditions
    for index in chain(conditions, table.condition(call)):
        test = conditions[index]
        if base not in test.text:
            continue
        for atom, outcome in implied(parse(test.text), test.holds):
            path, is_there = _asked(plain(atom))
            owner, _, name = plain(path).rpartition(".")
            if owner == base and outcome is not is_there:
                yield name


def _asked(atom: str) -> tuple[str, bool]:
    """The field that a test asks for, and whether it is there if the test holds."""
    has = _ASKED.fullmatch(atom)
    if has is not None:
        return f"{has['base']}.{has['name']}", True
    compared = comparison(atom)
    if compared is None:
        return atom, True
    kind = _KIND.fullmatch(compared.left)
    if kind is not None and compared.right.strip("\"'") == "function":
        return kind["path"], compared.sign == "=="
    if compared.right in NOTHING:
        return compared.left, compared.sign == "!="
    return "", True
