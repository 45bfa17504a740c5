"""Binding: assignment targets, loop variables, `with ... as`."""

from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows, kept
from alef_audit.frontends.python import expressions, operators
from alef_audit.frontends.python.texts import bind_loop, iterated_strings
from alef_audit.frontends.python.walk import LITERALS, Place, Walk, line_of, literal_of, member_name, source

EACH: Final = flows.RESERVED[flows.EACH]
_PATTERNS = frozenset(("pattern_list", "tuple_pattern", "list_pattern", "tuple", "list", "expression_list"))


def assign(walk: Walk, place: Place, target: Node, slot: int) -> None:
    """Let `target` take the value in `slot` (0 = a value that bears no callable; names are declared all the same)."""
    kind = target.type
    if kind == "identifier":
        name = source(walk, target)
        rebound(walk, place, target, name)
        walk.build.copy(
            walk.build.declare(place.scope, name) if not _is_outer(place, name) else _outer(walk, place, name), slot
        )
    elif kind == "attribute":
        parts = target.named_children
        base = expressions.value(walk, place, parts[0])
        set_member(walk, base, member_name(walk, place, parts[-1]), slot, line_of(target))
    elif kind == "subscript":
        parts = target.named_children
        base = expressions.value(walk, place, parts[0])
        indices = [expressions.value(walk, place, index) for index in parts[1:]]
        key = expressions.literal_key(walk, parts[1]) if len(parts) == 2 else "*"
        walk.build.store(base, key, slot, line_of(target))
        operators.operate(walk, place, target, base, "__setitem__", (indices[0] if indices else 0, slot))
    elif kind in _PATTERNS:
        _unpack(walk, place, target, slot)
    elif kind in ("parenthesized_expression", "list_splat_pattern", "list_splat", "as_pattern_target"):
        for child in target.named_children:
            assign(walk, place, child, slot)


def rebound(walk: Walk, place: Place, target: Node, name: str) -> None:
    """Note that the variable `name` takes a value, unless it is its first."""
    scope = place.scope
    if name in scope.given or name in scope.assigned or _is_outer(place, name):
        under, value = (place.condition, _literal(walk, place, target)) if name in scope.given else (-1, "")
        walk.build.rebind(scope, line_of(target), name, under, value)
        if scope.parent is None and name.isupper():
            walk.build.keep(kept.LITERAL, scope, 0, -1, line_of(target), name)
    scope.assigned.add(name)


def _literal(walk: Walk, place: Place, target: Node) -> str:
    """The spelling of the literal that is assigned to a name outside of loops; "" for anything else."""
    statement = target.parent
    if statement is None or statement.type != "assignment" or place.loop >= 0:
        return ""
    value = statement.child_by_field_name("right")
    return literal_of(walk, value) if value is not None and value.type in LITERALS else ""


def _unpack(walk: Walk, place: Place, target: Node, slot: int) -> None:
    """`a, *rest, z = …`: names before a star take their positions, those behind it any element."""
    build, line = walk.build, line_of(target)
    own = operators.by_protocol(walk, place, target, slot)
    starred = False
    children = [child for child in target.named_children if child.type != "comment"]
    for position, child in enumerate(children):
        if child.type in ("list_splat_pattern", "list_splat"):
            starred = True
            rest = tail(walk, place, slot, position, line)
            build.store(rest, "*", own, line)
            assign(walk, place, child, rest)
        elif starred and len(children) - position <= flows.POSITIONS:
            assign(walk, place, child, _element(walk, slot, f"-{len(children) - position}", own, line))
        elif starred or position >= flows.POSITIONS:
            assign(walk, place, child, _element(walk, slot, EACH, own, line))
        else:
            assign(walk, place, child, _element(walk, slot, str(position), own, line))


def _element(walk: Walk, slot: int, name: str, own: int, line: int) -> int:
    element = walk.build.load(slot, name, line)
    walk.build.copy(element, own)
    return element


def tail(walk: Walk, place: Place, slot: int, first: int, line: int) -> int:
    """A new list of the elements of `slot` from position `first` on."""
    if not slot:
        return 0
    build = walk.build
    holder = build.object(place.function, line, "")
    if first == 0:
        build.store(holder, "*", build.load(slot, EACH, line), line)
    for position in range(first, flows.POSITIONS) if first else ():
        build.store(holder, str(position - first), build.load(slot, str(position), line), line)
    return holder


def set_member(walk: Walk, base: int, name: str, slot: int, line: int) -> None:
    """`base.name = …`: written down whatever the value, for it may run a setter."""
    if base:
        walk.build.row(flows.STORE, base, slot, walk.build.name(name), line)


def _is_outer(place: Place, name: str) -> bool:
    return ("global " + name) in place.scope.declared or ("nonlocal " + name) in place.scope.declared


def _outer(walk: Walk, place: Place, name: str) -> int:
    """The slot of a name declared `global` or `nonlocal` here."""
    scope = place.scope
    if ("global " + name) in scope.declared:
        while scope.parent is not None:
            scope = scope.parent
        return walk.build.declare(scope, name)
    return walk.build.reference(scope, name)


def assign_pairwise(walk: Walk, place: Place, target: Node, right: Node) -> bool:
    """`a, b = f, g`: bind each name to its own value. False when the shapes do not match."""
    if target.type not in _PATTERNS or right.type not in ("expression_list", "tuple"):
        return False
    left_parts, right_parts = target.named_children, right.named_children
    starred = [index for index, part in enumerate(left_parts) if part.type in ("list_splat", "list_splat_pattern")]
    surplus = len(right_parts) - len(left_parts)
    if len(starred) > 1 or surplus < -len(starred) or (surplus and not starred):
        return False
    if any(part.type == "list_splat" for part in right_parts):
        return False
    slots = [expressions.value(walk, place, part) for part in right_parts]
    for index in starred:
        # the starred name takes a list of what the others leave
        slots[index : index + surplus + 1] = [_listed(walk, place, slots[index : index + surplus + 1], line_of(right))]
    for part, slot in zip(left_parts, slots, strict=True):
        assign(walk, place, part, slot)
    return True


def _listed(walk: Walk, place: Place, slots: list[int], line: int) -> int:
    if not any(slots):
        return 0
    holder = walk.build.object(place.function, line, "")
    for position, slot in enumerate(slots):
        walk.build.store(holder, str(position) if position < flows.POSITIONS else "*", slot, line)
    return holder


def bind_iteration(
    walk: Walk, place: Place, target: Node, iterable: Node, *, is_async: bool, outer: Place | None = None
) -> None:
    """Bind a loop's names to the elements of `iterable`, and record the iterator protocol's implicit calls.

    `outer` is where the iterable is evaluated if that is elsewhere: the first one of a comprehension.
    """
    _bind_strings(walk, place, target, iterable)
    slot = expressions.value(walk, outer or place, iterable)
    element = walk.build.load(slot, EACH, line_of(iterable))
    if slot and iterable.type != "list":
        _iterator_calls(walk, place, iterable, slot, element, is_async=is_async)
    assign(walk, place, target, element)


def _bind_strings(walk: Walk, place: Place, target: Node, iterable: Node) -> None:
    """`for name in ("open", "close")`: what the names can be."""
    first, second = iterated_strings(walk, place, iterable)
    if target.type == "identifier":
        bind_loop(place, source(walk, target), first)
    elif target.type in _PATTERNS and len(target.named_children) == 2:
        for name, strings in zip(target.named_children, (first, second), strict=True):
            if name.type == "identifier":
                bind_loop(place, source(walk, name), strings)


def _iterator_calls(walk: Walk, place: Place, node: Node, slot: int, element: int, *, is_async: bool) -> None:
    build, line = walk.build, line_of(node)
    first, member = ("__aiter__", "__anext__") if is_async else ("__iter__", "__next__")
    iterator = build.slot()
    operators.operate(walk, place, node, slot, first, (), iterator)
    build.row(flows.LOAD, element, iterator, build.name("*"), line)
    operators.operate(walk, place, node, iterator, member, (), element)
    # iterators of libraries: a cursor, the lines of a pipe
    build.call(
        function=place.function,
        line=line,
        column=node.start_point[1] + 1,
        end_line=line,
        callee=build.load(slot, member, line),
        receiver=slot,
        member=member,
        text=f"for … in ({member})",
        result=element,
        flags=flows.IMPLICIT | (flows.AWAITED if is_async else 0),
        loop=place.loop,
        condition=place.condition,
    )
