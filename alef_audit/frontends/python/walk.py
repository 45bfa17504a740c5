"""What a walk over one Python file carries: the builder, the text, and where in the program it stands."""

import re
from dataclasses import dataclass, field
from typing import Final

import msgspec
from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.facts.file import Condition, Loop, Problem
from alef_audit.frontends.builder import FactsBuilder, Scope
from alef_audit.frontends.leaving import answering, last_round, leaving
from alef_audit.frontends.words import on_one_line

# Nested expressions beyond this depth are not followed; hand-written code stays below 60.
DEPTH_LIMIT: Final = 400
TEXT_LIMIT: Final = 400
# At the end of a line; one with quotes in it may be part of a string.
_COMMENT: Final = re.compile(r"""(?:^|(?<=\s))#[^'"\n]*$""", re.MULTILINE)

_QUOTES: Final = (b'"', b"'")
_CONSTANT: Final = re.compile(r"[A-Z][A-Z0-9_]+|[A-Z]\w*\.[A-Za-z]\w*(?:\.value)?")
_SIMPLE: Final = {"true": flows.TRUE, "false": flows.FALSE, "none": flows.NULL}
LITERALS: Final = frozenset(("string", "integer", "float", *_SIMPLE))


class ComprehensionScope(Scope):
    """The names that the clauses of a comprehension bind."""

    __slots__ = ()


@dataclass(slots=True)
class Walk:
    """Mutable state of the walk over one file."""

    build: FactsBuilder
    text: bytes
    depth: int = 0
    too_deep: bool = False
    type_variables: frozenset[str] = frozenset()
    generators: dict[int, int] = field(default_factory=dict)  # function -> slot of the generator that calling it makes
    # strings in literal collections that classes of the file hold, by the attribute's name
    attributes: dict[str, tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict)
    # (function, variable) -> the call that it holds, until one is tested
    held: dict[tuple[int, str], tuple[int, Node]] = field(default_factory=dict)
    # (function, variable) -> the call that it holds, until an early exit tests it
    called: dict[tuple[int, str], Node] = field(default_factory=dict)
    characters: str = ""  # one per byte of the text

    def __post_init__(self) -> None:
        self.characters = self.text.decode("latin-1")


class Place(msgspec.Struct, frozen=True):
    """Where the walk stands: the innermost function, its names, and the loops and conditions around it."""

    function: int
    scope: Scope
    lexical: Scope  # the scope that nested functions see: `scope`, except in a class body
    qualname: str
    result: int
    owner: int  # innermost class, -1 if none
    self_slot: int  # what `self` means in the innermost class
    class_slot: int
    is_async: bool
    loop: int = -1
    condition: int = -1
    narrowed: dict[str, int] = msgspec.field(
        default_factory=dict
    )  # names and attributes -> slot, below an isinstance test
    yields: bool = False  # in a generator: what it returns is the value of `yield from`
    lends: bool = False  # in a function that a decorator wraps: a generator may be a context manager or dependency
    lazy_name: str = ""  # the parameter of a module's `__getattr__`, inside it
    class_name: str = ""  # of the innermost class
    generics: frozenset[str] = frozenset()  # type parameters in scope (PEP 695)
    fields: list[str] | None = None  # names annotated so far, in the body of a class
    enumerates: str = ""  # in the body of an enumeration: how its members compare, see `kept.LITERAL`

    def under(self, condition: int) -> "Place":
        return msgspec.structs.replace(self, condition=condition)

    def within(self, loop: int) -> "Place":
        return msgspec.structs.replace(self, loop=loop)


def source(walk: Walk, node: Node) -> str:
    text = walk.characters[node.start_byte : node.end_byte]
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", "replace")


def is_plain_string(walk: Walk, node: Node) -> bool:
    """Whether a string has no prefix, so that nothing is put into it."""
    return walk.text[node.start_byte : node.start_byte + 1] in _QUOTES


def member_name(walk: Walk, place: Place, node: Node) -> str:
    """The attribute that `node` names; in a class, `__x` is private to it (the language's own mangling)."""
    return mangled(place, source(walk, node))


def mangled(place: Place, name: str) -> str:
    if name.startswith("__") and not name.endswith("__") and place.class_name:
        return f"_{place.class_name.lstrip('_')}{name}"
    return name


def short(walk: Walk, node: Node, limit: int) -> str:
    """The node's text on one line, at most `limit` characters."""
    start = node.start_byte
    text = walk.characters[start : min(node.end_byte, start + 4 * limit)]
    if not text.isascii():
        text = text.encode("latin-1").decode("utf-8", "replace")
    if "\n" in text:
        text = on_one_line(_COMMENT.sub("", text) if "#" in text else text)
        return text[:limit]
    words = text.split()
    return words[0][:limit] if len(words) == 1 else " ".join(words)[:limit]


def line_of(node: Node) -> int:
    return node.start_point[0] + 1


def add_condition(
    walk: Walk,
    place: Place,
    test: Node,
    *,
    holds: bool,
    exits: bool = False,
    text: str = "",
    handler: int = 0,
    block: Node | None = None,
) -> int:
    """A new row, whose index it gives; `text` where that is not the text of `test`. `block` is what is left, of an
    early exit, or entered.
    """
    conditions = walk.build.conditions
    spelled = text or short(walk, test, TEXT_LIMIT)
    out = 0
    if block is not None and exits:
        out = answering(block, spelled.encode(), walk.text)
    elif block is not None and place.loop >= 0:
        out = leaving(block, walk.text)
    conditions.append(Condition(place.condition, line_of(test), spelled, holds, exits, handler, out))
    return len(conditions) - 1


def raises(block: Node) -> bool:
    """Whether the last statement of a block raises."""
    last = next((child for child in reversed(block.named_children) if child.type != "comment"), None)
    return last is not None and last.type == "raise_statement"


def add_loop(
    walk: Walk,
    place: Place,
    node: Node,
    over: str,
    *,
    yields: bool = False,
    each: str = "",
    test: str = "",
    rests: bool = False,
    few: bool = False,
    idle: bool = False,
) -> int:
    loops = walk.build.loops
    line = line_of(node)
    last = last_round(node, walk.text)
    loops.append(Loop(place.function, place.loop, line, over[:60], yields, each, test, rests, few, False, idle, last))
    return len(loops) - 1


def note_too_deep(walk: Walk, node: Node) -> None:
    if not walk.too_deep:
        walk.too_deep = True
        walk.build.problems.append(Problem(line_of(node), "too-deep", "expression nested too deeply, not followed"))


def literal_of(walk: Walk, node: Node) -> str:
    """The literal spelling of `node` (see flows), "" if it is no literal."""
    kind = node.type
    if kind == "string":
        text = _content(walk, node)
        return flows.string_literal(text) if text is not None else ""
    if kind == "integer" or kind == "float":
        return source(walk, node)
    return _SIMPLE.get(kind, "")


def handed(walk: Walk, place: Place, node: Node) -> str:
    """The spelling of a name or attribute that hands on what the function was given, see `flows.handed_literal`, a
    constant, or a local below a test that names it, see `flows.tested_literal`; "" if it hands on something else.
    """
    if node.end_byte - node.start_byte > 60:
        return ""
    text = source(walk, node)
    name, _, field = text.partition(".")
    if name in place.scope.given:
        return flows.handed_literal(text) if "." not in field else ""
    if name[:1].isupper() and _CONSTANT.fullmatch(text) and not _is_local(place.scope, name):
        return flows.constant_literal(text)
    if "." in field:
        return ""
    return flows.tested_literal(text) if _is_tested(walk, place, name) else ""


def held(walk: Walk, place: Place, node: Node) -> str:
    """The spelling of a local, of a name that a function around this one declares, or of an attribute of one, see
    `flows.held_literal`; "" for anything else.
    """
    if node.end_byte - node.start_byte > 60 or not place.function:
        return ""
    text = source(walk, node)
    name, _, field = text.partition(".")
    is_known = "." not in field and (name in place.scope.declared or place.scope.is_outer(name))
    return flows.held_literal(text) if is_known else ""


def constant(walk: Walk, place: Place, node: Node) -> str:
    """The spelling of a constant, or of a member of one, see `flows.constant_literal`; "" for anything else."""
    spelled = handed(walk, place, node) if node.type in ("identifier", "attribute") else ""
    return spelled if flows.constant_path(spelled) else ""


def _is_local(scope: Scope, name: str) -> bool:
    """Whether a function around this place binds `name`, by something else than an import."""
    while scope.parent is not None:
        if name in scope.declared and name not in scope.imported:
            return True
        scope = scope.parent
    return False


def _is_tested(walk: Walk, place: Place, name: str) -> bool:
    index = place.condition
    while index >= 0:
        condition = walk.build.conditions[index]
        if name in condition.text:
            return True
        index = condition.parent
    return False


def _content(walk: Walk, node: Node) -> str | None:
    """What stands between the quotes of a string; None if something is put into it."""
    text = source(walk, node)
    quote = text[:1]
    if quote in ("'", '"') and text[:3] != 3 * quote and text[-1] == quote and len(text) > 1:
        return text[1:-1]
    pieces = node.named_children
    if len(pieces) == 2:
        return ""
    return source(walk, pieces[1]) if len(pieces) == 3 and pieces[1].type == "string_content" else None
