"""`operator.methodcaller("close")` and its like: small functions that the standard library makes from a name."""

from typing import Final

from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.constraints import GETTER, LINKED, LOAD
from alef_audit.callgraph.state import State

_MAKERS: Final = {"operator.methodcaller": "method", "operator.attrgetter": "attribute", "operator.itemgetter": "item"}


def make(state: State, table: CallTable, call: int, text: str) -> bool:
    """Give `call` the function that it makes if it calls one of the makers with a literal name."""
    kind = _MAKERS.get(text)
    arguments = table.arguments(call) if kind is not None else []
    if kind is None or not table.result(call) or len(arguments) < 1:
        return False
    literal = state.program.names[arguments[0][2]].removeprefix('"')
    name = state.program.name_ids.get(literal, 0)
    if not name or (kind != "method" and len(arguments) > 1):
        return False
    made = state.holder(3, call)
    state.stock.getters[made] = (kind, name)
    state.add(table.result(call), made)
    return True


def run(state: State, table: CallTable, call: int, made: int, source: int) -> int:
    """`call` applies a made function to what `source` holds; gives the variable of the result."""
    kind, name = state.stock.getters[made]
    key = (made, call)
    if key in state.stock.getter_results:
        result = state.stock.getter_results[key]
    else:
        result = state.stock.getter_results[key] = state.variable()
    if kind == "item":
        state.attach(source, (LOAD, result, name))
        return result
    found = state.variable()
    where = (table.function(call), table.line(call), source)
    constraint = (LINKED, call, result) if kind == "method" else (GETTER, result, *where)
    state.attach(found, constraint)
    state.attach(source, (LOAD, found, name))
    return result
