"""Members that a loop replaces one by one: `for name in ("get", "reset"): setattr(x, name, wrapped(getattr(x, name)))`.

One statement stands for as many assignments as there are names.  Walked once, every member would take what was made of
any of them.
"""

from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from alef_audit.frontends.builder import Scope
from alef_audit.frontends.python import expressions
from alef_audit.frontends.python.texts import ANY
from alef_audit.frontends.python.walk import Place, Walk, source

# Statements between the loop and the assignment: `if callable(method):`.
_NESTED: Final = 6
_FUNCTIONS: Final = frozenset(("lambda", "list_comprehension", "generator_expression"))


def in_turn(walk: Walk, place: Place, call: Node) -> Iterator[None]:
    """Once for every name that a `setattr` in a loop sets to what it makes of that very member; once for others."""
    name, value = _set_by_name(walk, call)
    scope = _holder(place, name) if value is not None else None
    names = sorted(scope.texts[name][1]) if scope is not None else []
    made = _read_of(walk, place, call, value, name) if value is not None and len(names) > 1 else None
    if scope is None or made is None or any(ANY in each for each in names):
        yield
        return
    local, read = made
    known, slot = scope.texts[name], place.scope.slots[local] if local else 0
    for each in names:
        scope.texts[name] = (known[0], frozenset((each,)))
        if local and read is not None:
            place.scope.slots[local] = expressions.value(walk, place, read)
        yield
    scope.texts[name] = known
    if local:
        place.scope.slots[local] = slot


def _set_by_name(walk: Walk, call: Node) -> tuple[str, Node | None]:
    """The variable that names what a `setattr` sets, and what it sets it to."""
    callee, *rest = call.named_children
    arguments = [child for child in rest[0].named_children if child.type != "comment"] if rest else []
    if source(walk, callee) != "setattr" or len(arguments) != 3 or arguments[1].type != "identifier":
        return "", None
    return source(walk, arguments[1]), arguments[2]


def _holder(place: Place, name: str) -> Scope | None:
    """The scope that knows what strings a variable holds."""
    scope: Scope | None = place.scope
    while scope is not None and name not in scope.texts:
        scope = scope.parent if name not in scope.declared else None
    return scope


def _read_of(walk: Walk, place: Place, call: Node, value: Node, name: str) -> tuple[str, Node | None] | None:
    """Where a value is made of the member `name`: in itself, with "", or by the local of that name, with the read that
    the loop binds it to; None if it is made of something else.
    """
    locals_: list[str] = []
    pending = [value]
    while pending:
        node = pending.pop()
        if node.type in _FUNCTIONS:
            return None
        if _is_read(walk, node, name):
            return "", None
        if node.type == "identifier":
            locals_.append(source(walk, node))
        pending.extend(node.named_children)
    around = call.parent
    for _ in range(_NESTED):
        if around is None or around.type == "for_statement":
            break
        for statement in around.named_children if around.type == "block" else ():
            child = statement.named_children[0] if statement.type == "expression_statement" else None
            parts = child.named_children if child is not None and child.type == "assignment" else []
            if len(parts) == 2 and source(walk, parts[0]) in locals_ and _is_read(walk, parts[1], name):
                return source(walk, parts[0]), parts[1]
        around = around.parent
    return None


def _is_read(walk: Walk, node: Node, name: str) -> bool:
    """Whether a node is `getattr(…, name)`."""
    if node.type != "call" or source(walk, node.named_children[0]) != "getattr":
        return False
    arguments = [child for child in node.named_children[-1].named_children if child.type != "comment"]
    return len(arguments) > 1 and source(walk, arguments[1]) == name
