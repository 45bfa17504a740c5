"""Declared types that are data: nothing that can be called is reached through their values.

A type is *spelled out* if every part of it is a plain value or a named type: it is data exactly if all types that it
names are, and *plain* if it names none.  Everything else is open: functions, `any`, generic parameters, types that are
computed.
"""

from typing import Final

from tree_sitter import Node

from alef_audit.frontends.ecmascript.walk import Walk

Names = tuple[int, ...]  # slots of the types that a spelled out type names

_VALUES: Final = frozenset(("string", "number", "boolean", "bigint", "symbol", "void", "never", "null", "undefined"))
# Inside a data type these say that nobody looks into the value; on their own that something may.
_OPAQUE: Final = frozenset(("unknown", "object"))
_PLAIN_NODES: Final = frozenset(
    ("literal_type", "template_literal_type", "type_predicate", "type_predicate_annotation", "asserts_annotation")
)
_PARTS: Final = frozenset(
    (
        *("type_annotation", "readonly_type", "parenthesized_type", "optional_type", "rest_type"),
        *("union_type", "intersection_type", "array_type", "tuple_type", "type_arguments"),
    )
)
# Of the language's generic types: those that stand for what is written between their brackets, and a few without.
_TRANSPARENT: Final = frozenset(
    (
        *("Promise", "PromiseLike", "Awaited", "Readonly", "Partial", "Required", "NonNullable", "Pick", "Omit"),
        *("Array", "ReadonlyArray", "Set", "ReadonlySet", "Map", "ReadonlyMap", "Record", "Extract", "Exclude"),
        *("Iterable", "IterableIterator"),
    )
)
_DATA_NAMES: Final = frozenset(("Date", "RegExp", "Uint8Array", "ArrayBuffer", "Buffer", "URL", "NodeJS.ProcessEnv"))
_OPEN_NAMES: Final = frozenset(("Function", "CallableFunction", "NewableFunction"))
_LITERALS: Final = frozenset(
    ("string", "number", "true", "false", "null", "undefined", "comment", "property_identifier")
)
_NESTED: Final = frozenset(("array", "object", "pair", "as_expression", "parenthesized_expression", "unary_expression"))
_MOST: Final = 1000  # nodes of a type or value that are looked at; larger ones count as open
# Most annotations are among these: they need no look into the syntax tree, which takes `bigint` for a class's name.
_ENDINGS: Final = ("", "[]", " | null", " | undefined")
PLAIN: Final = frozenset(f": {value}{ending}" for value in _VALUES - {"bigint"} for ending in _ENDINGS)
LONGEST_PLAIN: Final = max(map(len, PLAIN))


def spelling(walk: Walk, node: Node | None) -> Names | None:
    """The types that a type, or the annotation around one, names; None if it is open or there is none."""
    if node is None:
        return None
    return () if is_plain(walk, node) else _spelling(walk, [node], walk.frame.generics, inside=False)


def is_plain(walk: Walk, annotation: Node) -> bool:
    """Whether an annotation is one of those that everybody writes for strings, numbers and the like."""
    return annotation.end_byte - annotation.start_byte <= LONGEST_PLAIN and walk.text(annotation) in PLAIN


def data_type(walk: Walk, slot: int, bases: Names, parts: list[Node], own: frozenset[str]) -> None:
    """Note that the type whose name `slot` stands for is data if the types are that these parts name.

    `own` are its generic parameters: what they stand for is looked at where the type is used.
    """
    pending: list[Node] = []
    for part in parts:
        members = _members(walk, part) if part.type == "interface_body" else [part]
        if members is None:
            return
        pending.extend(members)
    names = _spelling(walk, pending, walk.frame.generics - own, own, inside=True)
    if names is not None:
        walk.build.data_types.append((slot, *bases, *names))


def data_constant(walk: Walk, slot: int, value: Node) -> None:
    """Note that a constant is data, so that `typeof` it is: `const MODES = ["on", "off"] as const`."""
    if value.type != "as_expression" or not walk.text(value).endswith("const"):
        return
    pending = [value.named_children[0]] if value.named_children else []
    for _ in range(_MOST):
        if not pending:
            walk.build.data_types.append((slot,))
            return
        current = pending.pop()
        if current.type in _NESTED:
            pending.extend(current.named_children)
        elif current.type not in _LITERALS:
            return


def _spelling(
    walk: Walk, pending: list[Node], generics: frozenset[str], own: frozenset[str] = frozenset(), *, inside: bool
) -> Names | None:
    names: dict[int, None] = {}
    for _ in range(_MOST):
        if not pending:
            return tuple(names)
        current = pending.pop()
        kind = current.type
        if kind == "predefined_type":
            name = walk.text(current)
            if name not in _VALUES and not (inside and name in _OPAQUE):
                return None
        elif kind in _PARTS:
            if kind != "type_annotation" or not is_plain(walk, current):
                pending.extend(current.named_children)
        elif kind in ("type_identifier", "nested_type_identifier", "identifier"):
            name = walk.text(current)
            if name in own or name in _DATA_NAMES:
                continue
            if name in generics or name in _OPEN_NAMES or kind == "nested_type_identifier":
                return None
            names[walk.build.reference(walk.frame.scope, name)] = None
        elif kind == "generic_type":
            parts = current.named_children
            pending.extend(parts[1:] if walk.text(parts[0]) in _TRANSPARENT else parts)
        elif kind == "lookup_type" or kind == "type_query":
            # a part of data is data
            pending.extend(current.named_children[:1])
        elif kind == "object_type":
            members = _members(walk, current)
            if members is None:
                return None
            inside = True
            pending.extend(members)
        elif kind not in _PLAIN_NODES:
            return None
    return None


def _members(walk: Walk, body: Node) -> list[Node] | None:
    """The declared types of the members, if all are values; None if there is a method among them."""
    children = [child for child in body.named_children if child.type != "comment"]
    found: list[Node] = []
    for child in children:
        typed = child.child_by_field_id(walk.fields.type)
        if child.type not in ("property_signature", "index_signature") or typed is None:
            return None
        if child.type == "property_signature" or len(children) == 1 or not _is_any(typed):
            found.append(typed)
    return found


def _is_any(annotation: Node) -> bool:
    """Whether a member is declared `any`: beside others, an index signature of that kind means more data."""
    below = annotation.named_children
    return len(below) == 1 and below[0].type == "predefined_type" and below[0].text == b"any"
