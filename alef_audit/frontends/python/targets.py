"""Binding: assignment targets, loop variables, `with ... as`."""

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.frontends.python import expressions, operators
from alef_audit.frontends.python.texts import bind_loop, iterated_strings
from alef_audit.frontends.python.walk import Place, Walk, line_of, member_name, source

_PATTERNS = frozenset(("pattern_list", "tuple_pattern", "list_pattern", "tuple", "list", "expression_list"))


def assign(walk: Walk, place: Place, target: Node, slot: int) -> None:
    """Let `target` take the value in `slot` (0 = a value that bears no callable; names are declared all the same)."""
    kind = target.type
    if kind == "identifier":
        name = source(walk, target)
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
        element = operators.iterated(walk, place, target, slot)
        for child in target.named_children:
            assign(walk, place, child, element)
    elif kind in ("parenthesized_expression", "list_splat_pattern", "list_splat", "as_pattern_target"):
        for child in target.named_children:
            assign(walk, place, child, slot)


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
    if len(left_parts) != len(right_parts) or any(p.type in ("list_splat", "list_splat_pattern") for p in left_parts):
        return False
    slots = [expressions.value(walk, place, part) for part in right_parts]
    for part, slot in zip(left_parts, slots, strict=True):
        assign(walk, place, part, slot)
    return True


def bind_iteration(walk: Walk, place: Place, target: Node, iterable: Node, *, is_async: bool) -> None:
    """Bind a loop's names to the elements of `iterable`, and record the iterator protocol's implicit calls."""
    _bind_strings(walk, place, target, iterable)
    callee = iterable.named_children[0] if iterable.type == "call" and iterable.named_children else None
    slot = expressions.value(walk, place, iterable)
    line = line_of(iterable)
    if callee is not None and callee.type == "identifier" and source(walk, callee) in ("enumerate", "zip"):
        _bind_zipped(walk, place, target, iterable, source(walk, callee))
        return
    if callee is not None and callee.type == "attribute" and len(callee.named_children) == 2:
        member = source(walk, callee.named_children[1])
        if member in ("items", "values"):
            # dict views: the elements are the mapping's own values
            base = expressions.value(walk, place, callee.named_children[0])
            element = walk.build.load(base, "*", line)
            if member == "items" and target.type in _PATTERNS and len(target.named_children) == 2:
                assign(walk, place, target.named_children[0], 0)
                assign(walk, place, target.named_children[1], element)
            else:
                assign(walk, place, target, element)
            return
    element = walk.build.load(slot, "*", line)
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


def _bind_zipped(walk: Walk, place: Place, target: Node, iterable: Node, how: str) -> None:
    arguments = iterable.child_by_field_name("arguments")
    sources = [a for a in arguments.named_children if a.type != "keyword_argument"] if arguments else []
    names = list(target.named_children) if target.type in _PATTERNS else [target]
    if how == "enumerate":
        assign(walk, place, names[0], 0)
        names = names[1:]
    for name, each in zip(names, sources, strict=False):
        slot = walk.build.reference(place.scope, source(walk, each)) if each.type == "identifier" else 0
        slot = slot or (expressions.value(walk, place, each) if each.type in ("attribute", "subscript") else 0)
        assign(walk, place, name, walk.build.load(slot, "*", line_of(each)))
    for name in names[len(sources) :]:
        assign(walk, place, name, 0)


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
