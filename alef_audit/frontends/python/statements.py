"""Statements: control flow becomes loops and conditions, definitions become functions and classes."""

from collections.abc import Callable
from typing import Final

import msgspec
from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.facts.file import Import
from alef_audit.frontends.leaving import does_nothing
from alef_audit.frontends.python import classes, definitions, exceptions, expressions, fields, operators
from alef_audit.frontends.python.declared import classes_named
from alef_audit.frontends.python.exits import after, after_asking, after_try
from alef_audit.frontends.python.few import has_few, note_few
from alef_audit.frontends.python.in_turn import in_turn
from alef_audit.frontends.python.judged import held
from alef_audit.frontends.python.kept import assigned, loaded
from alef_audit.frontends.python.narrowing import case_text, matched, narrowed
from alef_audit.frontends.python.targets import assign, assign_pairwise, bind_iteration, rebound
from alef_audit.frontends.python.texts import bind_value
from alef_audit.frontends.python.there import note_fixed
from alef_audit.frontends.python.turns import pauses, rests
from alef_audit.frontends.python.types import alias, aliased, annotate
from alef_audit.frontends.python.walk import (
    DEPTH_LIMIT,
    Place,
    Walk,
    add_condition,
    add_loop,
    line_of,
    note_too_deep,
    short,
    source,
)

Statement = Callable[[Walk, Place, Node], None]
_ONCE: Final = (None,)


def walk_body(walk: Walk, place: Place, body: Node) -> bool:
    """Walk a function's body. True when it is a generator."""
    yields = b"yield" in walk.text[body.start_byte : body.end_byte] and _yields(body)
    walk_block(walk, msgspec.structs.replace(place, yields=yields), body)
    return yields


def _yields(body: Node) -> bool:
    """Whether a `yield` stands in this function itself, not in one nested in it."""
    pending = list(body.named_children)
    while pending:
        node = pending.pop()
        kind = node.type
        if kind == "yield":
            return True
        if kind not in ("function_definition", "class_definition", "lambda"):
            pending.extend(node.named_children)
    return False


def walk_block(walk: Walk, place: Place, block: Node) -> None:
    """Walk the statements of a block; what follows an early exit stands under its negated test."""
    if walk.depth > DEPTH_LIMIT:
        note_too_deep(walk, block)
        return
    walk.depth += 1
    here = place
    for child in block.named_children:
        kind = child.type
        handler = _STATEMENTS.get(kind)
        if handler is None:
            expressions.value(walk, here, child)
            continue
        handler(walk, here, child)
        if kind == "if_statement":
            here = after(walk, here, child)
        elif kind == "try_statement":
            here = after_asking(walk, after_try(walk, here, child), child)
        elif kind == "assert_statement" and child.named_children:
            here = narrowed(walk, here, child.named_children[0], holds=True)
    walk.depth -= 1


def _expression_statement(walk: Walk, place: Place, node: Node) -> None:
    for child in node.named_children:
        kind = child.type
        if kind == "call":
            for _ in in_turn(walk, place, child) if walk.text.startswith(b"setattr(", child.start_byte) else _ONCE:
                expressions.walk_call(walk, place, child, flows.DISCARDED)
        elif kind == "await" and child.named_children and child.named_children[0].type == "call":
            flags = flows.DISCARDED | flows.AWAITED
            slot = expressions.walk_call(walk, place, child.named_children[0], flags, wanted=True)
            operators.operate(walk, place, child, slot, "__await__")
        elif kind == "assignment":
            _assignment(walk, place, child)
        elif kind == "augmented_assignment":
            slot = operators.augmented(walk, place, child)
            if child.named_children[0].type == "identifier":
                rebound(walk, place, child, source(walk, child.named_children[0]))
            if slot or child.named_children[0].type == "attribute":
                assign(walk, place, child.named_children[0], slot)
        else:
            expressions.value(walk, place, child)


def _assignment(walk: Walk, place: Place, node: Node) -> None:
    left = node.child_by_field_id(fields.LEFT)
    right = node.child_by_field_id(fields.RIGHT)
    type_node = node.child_by_field_id(fields.TYPE)
    if left is None:
        return
    if classes.class_assignment(walk, place, left, right, annotation=type_node):
        return
    more: list[Node] = []
    while right is not None and right.type == "assignment":
        more.append(left)
        left, right = right.child_by_field_id(fields.LEFT) or left, right.child_by_field_id(fields.RIGHT)
    if right is not None and not more and assign_pairwise(walk, place, left, right):
        return
    for target in (*more, left):
        if right is not None and target.type == "identifier":
            bind_value(walk, place, source(walk, target), right)
            note_few(walk, place, source(walk, target), right)
            note_fixed(walk, place, source(walk, target), right)
    before = len(walk.build.objects)
    slot = expressions.collection(walk, place, right) if right is not None else 0
    if slot and left.type == "identifier" and len(walk.build.objects) > before and right is not None:
        definitions.label_object(walk, right, source(walk, left))
    named = _alias(walk, place, left, right, type_node)
    if named:
        walk.build.copy(named, slot)
        slot = named
    if type_node is not None:
        typed = walk.build.slot()
        annotate(walk, place, typed, type_node)
        types = classes_named(walk, place, type_node) if slot else ()
        if types:
            walk.build.admitting.append((typed, *types))
        walk.build.copy(typed, slot)
        slot = typed
    for target in (*more, left):
        assign(walk, _as_fallback(walk, place, target, right), target, slot)
        if right is not None:
            assigned(walk, place, target, right)
    if right is not None and not more:
        held(walk, place, left, right)


def _as_fallback(walk: Walk, place: Place, target: Node, value: Node | None) -> Place:
    """`place`, under the condition under which `name = name or other` changes anything."""
    name = source(walk, target) if target.type == "identifier" else ""
    if value is None or name not in place.scope.given:
        return place
    children = value.children
    if value.type == "boolean_operator" and children[1].type == "or" and source(walk, children[0]) == name:
        return place.under(add_condition(walk, place, children[0], holds=False))
    if value.type != "conditional_expression" or len(value.named_children) != 3:
        return place
    then, test, other = value.named_children
    if name not in (source(walk, then), source(walk, other)):
        return place
    return place.under(add_condition(walk, place, test, holds=source(walk, other) == name))


def _alias(walk: Walk, place: Place, left: Node, right: Node | None, annotation: Node | None) -> int:
    """The slot of the type that an assignment names; 0 for other assignments."""
    if right is None or left.type != "identifier" or place.function:
        return 0
    declared = annotation is not None and source(walk, annotation).rsplit(".", 1)[-1] == "TypeAlias"
    named = right if declared else aliased(walk, right)
    return alias(walk, place, right, named) if named is not None else 0


def _return(walk: Walk, place: Place, node: Node) -> None:
    for child in node.named_children:
        inner = child
        if inner.type == "await" and inner.named_children:
            inner = inner.named_children[0]
        if inner.type == "call":
            flags = flows.RETURNED | (flows.AWAITED if inner is not child else 0)
            slot = expressions.walk_call(walk, place, inner, flags, wanted=True)
            if inner is not child:
                operators.operate(walk, place, child, slot, "__await__", (), slot)
        else:
            slot = expressions.value(walk, place, child)
        if place.yields:
            walk.build.store(place.result, flows.RETURNED_VALUE, slot, line_of(child))
        else:
            walk.build.copy(place.result, slot)


def _if(walk: Walk, place: Place, node: Node) -> None:
    condition = node.child_by_field_id(fields.CONDITION)
    consequence = node.child_by_field_id(fields.CONSEQUENCE)
    if condition is None:
        return
    expressions.test(walk, place, condition)
    if consequence is not None:
        inside = narrowed(walk, place, condition, holds=True)
        under = add_condition(walk, place, condition, holds=True, block=consequence)
        walk_block(walk, inside.under(under), consequence)
    here = narrowed(walk, place, condition, holds=False).under(add_condition(walk, place, condition, holds=False))
    for alternative in node.children_by_field_id(fields.ALTERNATIVE):
        if alternative.type == "elif_clause":
            test = alternative.child_by_field_id(fields.CONDITION)
            body = alternative.child_by_field_id(fields.CONSEQUENCE)
            if test is not None and body is not None:
                expressions.test(walk, here, test)
                inside = narrowed(walk, here, test, holds=True)
                walk_block(walk, inside.under(add_condition(walk, here, test, holds=True, block=body)), body)
                here = here.under(add_condition(walk, here, test, holds=False))
        else:
            for child in alternative.named_children:
                if child.type == "block":
                    walk_block(walk, here, child)


def _for(walk: Walk, place: Place, node: Node) -> None:
    left, right = node.child_by_field_id(fields.LEFT), node.child_by_field_id(fields.RIGHT)
    body = node.child_by_field_id(fields.BODY)
    if left is None or right is None:
        return
    is_async = node.children[0].type == "async"
    bind_iteration(walk, place, left, right, is_async=is_async)
    each = short(walk, left, 60)
    few = has_few(walk, place, right)
    loop = add_loop(walk, place, node, short(walk, right, 60), yields=pauses(walk, body), each=each, few=few)
    if body is not None:
        walk_block(walk, place.within(loop), body)
    _else(walk, place, node)


def _while(walk: Walk, place: Place, node: Node) -> None:
    condition, body = node.child_by_field_id(fields.CONDITION), node.child_by_field_id(fields.BODY)
    tested = short(walk, condition, 60) if condition is not None else ""
    resting = rests(walk, body)
    idle = body is not None and does_nothing(body)
    loop = add_loop(walk, place, node, "", yields=pauses(walk, body), test=tested, rests=resting, idle=idle)
    inside = place.within(loop)
    if condition is not None:
        expressions.test(walk, inside, condition)
        inside = narrowed(walk, inside, condition, holds=True)
    if body is not None:
        walk_block(walk, inside, body)
    _else(walk, place, node)


def _else(walk: Walk, place: Place, node: Node) -> None:
    alternative = node.child_by_field_id(fields.ALTERNATIVE)
    if alternative is not None:
        for child in alternative.named_children:
            if child.type == "block":
                walk_block(walk, place, child)


def _with(walk: Walk, place: Place, node: Node) -> None:
    is_async = node.children[0].type == "async"
    pending = [node]
    while pending:
        child = pending.pop()
        if child.type == "with_item":
            _with_item(walk, place, child, node.end_point[0] + 1, is_async=is_async)
        elif child.type in ("with_clause", "with_statement"):
            pending.extend(c for c in reversed(child.named_children) if c.type in ("with_clause", "with_item"))
    body = node.child_by_field_id(fields.BODY)
    if body is not None:
        walk_block(walk, place, body)


def _with_item(walk: Walk, place: Place, node: Node, end: int, *, is_async: bool) -> None:
    """One context manager of a `with` statement that ends at line `end`."""
    inner = node.named_children[0]
    target = None
    if inner.type == "as_pattern" and len(inner.named_children) > 1:
        inner, target = inner.named_children[0], inner.named_children[-1]
    if is_async and inner.type == "call":
        slot = expressions.walk_call(walk, place, inner, flows.AWAITED, wanted=True)
    else:
        slot = expressions.value(walk, place, inner)
    bound = slot
    if slot:
        bound = walk.build.slot()
        walk.build.copy(bound, slot)
        for member in ("__aenter__", "__aexit__") if is_async else ("__enter__", "__exit__"):
            walk.build.call(
                function=place.function,
                line=line_of(inner),
                column=inner.start_point[1] + 1,
                end_line=line_of(inner) if member.endswith("enter__") else end,
                callee=walk.build.load(slot, member, line_of(inner)),
                receiver=slot,
                member=member,
                text=f"with ({member})",
                result=bound if member.endswith("enter__") else 0,
                flags=flows.IMPLICIT | (flows.AWAITED if is_async else 0),
                loop=place.loop,
                condition=place.condition,
            )
    if target is not None:
        assign(walk, place, target, bound)
        loaded(walk, place, source(walk, target), inner)


def _scope_declaration(walk: Walk, place: Place, node: Node) -> None:
    word = "global " if node.type == "global_statement" else "nonlocal "
    for child in node.named_children:
        place.scope.declared.add(word + source(walk, child))


def _import(walk: Walk, place: Place, node: Node) -> None:
    build, line = walk.build, line_of(node)
    for child in node.named_children:
        if child.type == "aliased_import":
            parts = child.named_children
            dst = build.declare(place.scope, source(walk, parts[-1]))
            build.add_import(dst, Import(source(walk, parts[0]), "", line, place.function))
        elif child.type == "dotted_name":
            dotted = source(walk, child)
            head = dotted.split(".", 1)[0]
            build.add_import(build.declare(place.scope, head), Import(head, "", line, place.function))
            if head != dotted:
                build.add_import(0, Import(dotted, "", line, place.function))


def _import_from(walk: Walk, place: Place, node: Node) -> None:
    build, line = walk.build, line_of(node)
    module = node.child_by_field_id(fields.MODULE_NAME)
    specifier = source(walk, module).replace(" ", "") if module is not None else "__future__"
    for child in node.children_by_field_id(fields.NAME):
        parts = child.named_children if child.type == "aliased_import" else [child]
        name = source(walk, parts[0])
        dst = build.declare(place.scope, source(walk, parts[-1]))
        if place.function:
            place.scope.imported |= {name}
        build.add_import(dst, Import(specifier, name, line, place.function))
    if any(child.type == "wildcard_import" for child in node.named_children):
        build.stars.append(build.add_import(0, Import(specifier, "*", line, place.function)))


def _assert(walk: Walk, place: Place, node: Node) -> None:
    for child in node.named_children:
        expressions.test(walk, place, child)


def _match(walk: Walk, place: Place, node: Node) -> None:
    subjects = node.children_by_field_id(fields.SUBJECT)
    slots = [expressions.value(walk, place, subject) for subject in subjects]
    alone = subjects[0] if len(subjects) == 1 else None
    body = node.child_by_field_id(fields.BODY)
    for case in body.named_children if body is not None else ():
        if case.type != "case_clause":
            continue
        patterns = [child for child in case.named_children if child.type == "case_pattern"]
        text = case_text(walk, alone, patterns)
        here = place.under(add_condition(walk, place, case.named_children[0], holds=True, text=text))
        here = matched(walk, here, alone, slots[0] if alone is not None else 0, patterns)
        for guard in case.named_children:
            if guard.type == "if_clause" and guard.named_children:
                expressions.test(walk, here, guard.named_children[0])
                here = narrowed(walk, here, guard.named_children[0], holds=True)
        block = case.child_by_field_id(fields.CONSEQUENCE)
        if block is not None:
            walk_block(walk, here, block)


def _type_alias(walk: Walk, place: Place, node: Node) -> None:
    """`type Secret = OAuthToken | ApiKey`."""
    parts = node.named_children
    name = parts[0].named_children[0] if len(parts) == 2 and parts[0].named_children else None
    if name is not None and name.type == "generic_type":
        name = name.named_children[0]
    if name is not None and name.type == "identifier":
        assign(walk, place, name, alias(walk, place, node, parts[1]))


def _nothing(walk: Walk, place: Place, node: Node) -> None:
    return


_STATEMENTS: Final[dict[str, Statement]] = {
    "expression_statement": _expression_statement,
    "return_statement": _return,
    "raise_statement": exceptions.raised,
    "if_statement": _if,
    "for_statement": _for,
    "while_statement": _while,
    "try_statement": exceptions.guarded,
    "with_statement": _with,
    "function_definition": definitions.function_definition,
    "class_definition": definitions.class_definition,
    "decorated_definition": definitions.decorated_definition,
    "import_statement": _import,
    "import_from_statement": _import_from,
    "future_import_statement": _nothing,
    "global_statement": _scope_declaration,
    "nonlocal_statement": _scope_declaration,
    "assert_statement": _assert,
    "match_statement": _match,
    "delete_statement": operators.delete,
    "pass_statement": _nothing,
    "comment": _nothing,
    "type_alias_statement": _type_alias,
    "break_statement": _nothing,
    "continue_statement": _nothing,
    "block": walk_block,
}
