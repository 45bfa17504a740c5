"""Calls of builtins whose value the language itself defines: super, getattr, cast, imports by name, copies."""

from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.facts.file import Import
from alef_audit.frontends.python import classes
from alef_audit.frontends.python.kept import set_by_name
from alef_audit.frontends.python.texts import ANY, spellings
from alef_audit.frontends.python.types import annotate
from alef_audit.frontends.python.walk import Place, Walk, line_of, source

# Functions that give back the argument itself, or a copy of it.
_SAME: Final = frozenset(
    [
        "copy",
        "deepcopy",
        "copy.copy",
        "copy.deepcopy",
        "weakref.proxy",
        "weakref.ref",
        "staticmethod",
        "classmethod",
    ]
)
_IMPORTS: Final = frozenset(("importlib.import_module", "import_module", "__import__"))
_CASTS: Final = frozenset(("cast", "typing.cast", "t.cast"))
_BUILTINS: Final = (
    frozenset(("setattr", "super", "type", "globals", "namedtuple", "collections.namedtuple", "getattr"))
    | _IMPORTS
    | _SAME
    | _CASTS
)
# Fewer known characters than this fit too many names.
_TELLING: Final = 2
_ANY_NAME: Final = flows.RESERVED[flows.ANY_NAME]

Argument = tuple[int, int, int]


def builtin_value(
    walk: Walk, place: Place, callee: Node, argument_list: Node, arguments: list[Argument], *, wanted: bool
) -> int:
    """The slot of what a call of a builtin gives; 0 for other calls, and for most when the value is not `wanted`."""
    if callee.type not in ("identifier", "attribute"):
        return 0
    name = source(walk, callee)
    if name not in _BUILTINS:
        return 0
    nodes = [child for child in argument_list.named_children if child.type != "comment"]
    if name == "setattr" and len(arguments) == 3:
        _set(walk, place, arguments, nodes)
        set_by_name(walk, place, nodes)
        return 0
    if name in _IMPORTS and arguments:
        return _import(walk, place, name, nodes, line_of(callee))
    if not wanted:
        return 0
    line = line_of(callee)
    if name == "super":
        return _super(walk, place, arguments, line)
    if name == "type":
        return _type(walk, place, nodes, arguments)
    if name == "globals":
        dst = walk.build.slot()
        walk.build.row(flows.MODULE, dst, 0, 0, line)
        return dst
    if name in ("namedtuple", "collections.namedtuple"):
        return classes.named_tuple(walk, place, callee, nodes)
    if not arguments:
        return 0
    if name == "getattr" and len(arguments) >= 2 and arguments[0][1]:
        return _get(walk, place, arguments, nodes, line)
    if name in _SAME:
        return arguments[0][1]
    if name in _CASTS and len(arguments) == 2:
        return _cast(walk, place, arguments, nodes[0])
    return 0


def _super(walk: Walk, place: Place, arguments: list[Argument], line: int) -> int:
    """`super()`, or `super(C, self)`: what follows C in the resolution order of self."""
    build = walk.build
    dst = build.slot()
    if arguments and arguments[0][1]:
        build.row(flows.SUPER_OF, dst, arguments[0][1], 0, line)
    elif place.owner >= 0:
        build.row(flows.SUPER, dst, place.owner, 0, line)
    return dst


def _type(walk: Walk, place: Place, nodes: list[Node], arguments: list[Argument]) -> int:
    """`type(x)`: the class of x; `type(name, bases, namespace)`: a class."""
    if len(arguments) == 1 and arguments[0][1]:
        dst = walk.build.slot()
        walk.build.row(flows.CLASS_OF, dst, arguments[0][1], 0, line_of(nodes[0]))
        return dst
    if len(nodes) != 3 or nodes[1].type != "tuple" or nodes[2].type != "dictionary":
        return 0
    return classes.class_made_by_call(walk, place, nodes)


def _cast(walk: Walk, place: Place, arguments: list[Argument], kind: Node) -> int:
    dst = walk.build.slot()
    walk.build.copy(dst, arguments[1][1])
    annotate(walk, place, dst, kind)
    return dst


def _get(walk: Walk, place: Place, arguments: list[Argument], nodes: list[Node], line: int) -> int:
    build = walk.build
    dst = build.slot()
    if place.lazy_name and nodes[1].type == "identifier" and source(walk, nodes[1]) == place.lazy_name:
        # `__getattr__(name)` of a module: what is looked up there is decided by who reads the attribute
        build.copy(dst, arguments[0][1])
        return dst
    load_spelled(walk, dst, arguments[0][1], spellings(walk, place, nodes[1]), line)
    name = source(walk, nodes[1]) if nodes[1].type == "identifier" else ""
    if name and place.scope.is_given(name):
        build.row(flows.KEYED, dst, arguments[0][1], build.name(name), line)
    if len(arguments) > 2:
        build.copy(dst, arguments[2][1])
    return dst


def load_spelled(walk: Walk, dst: int, base: int, names: frozenset[str], line: int) -> None:
    """Let `dst` hold the fields of `base` with these names, or the fields that fit them."""
    build = walk.build
    for name in sorted(names):
        if name == ANY or ANY not in name:
            build.row(flows.LOAD, dst, base, build.name(name), line)
        elif len(name) > _TELLING:
            build.row(flows.MATCH, dst, base, build.name(name), line)


def _set(walk: Walk, place: Place, arguments: list[Argument], nodes: list[Node]) -> None:
    for name in sorted(spellings(walk, place, nodes[1])):
        walk.build.store(arguments[0][1], name if ANY not in name else _ANY_NAME, arguments[2][1], line_of(nodes[1]))


def _import(walk: Walk, place: Place, function: str, nodes: list[Node], line: int) -> int:
    """`import_module(name, package)`: a module for each name that is known."""
    build = walk.build
    dst = 0
    package = _package(walk, place, nodes)
    for name in sorted(spellings(walk, place, nodes[0])):
        specifier = _specifier(name, package)
        if ANY in specifier and function != "__import__":
            dst = _import_fitting(walk, place, specifier, line, dst)
        if ANY in specifier or not specifier.strip("."):
            continue
        dst = dst or build.slot()
        if function == "__import__":
            specifier = specifier.split(".", 1)[0]
        build.add_import(dst, Import(specifier, "", line, place.function, dynamic=True))
    return dst


def _import_fitting(walk: Walk, place: Place, specifier: str, line: int, dst: int) -> int:
    """`import_module(f".protocol_{kind}", "app.handlers")`: the modules of the package whose names fit."""
    build = walk.build
    package, dot, name = specifier.rpartition(".")
    package = package if package.strip(".") else package + dot
    if not package or ANY in package or len(name) <= _TELLING or name.startswith(ANY):
        return dst
    base, dst = build.slot(), dst or build.slot()
    build.add_import(base, Import(package, "", line, place.function))
    build.row(flows.MATCH, dst, base, build.name(name), line)
    return dst


def _package(walk: Walk, place: Place, nodes: list[Node]) -> str:
    """The package that a relative name is relative to, "" for the one that the call stands in."""
    for node in nodes[1:]:
        value = node
        if node.type == "keyword_argument":
            if source(walk, node.named_children[0]) != "package":
                continue
            value = node.named_children[-1]
        found = sorted(spellings(walk, place, value))
        if len(found) == 1 and found[0] not in (ANY, "__name__", "__package__"):
            return found[0]
    return ""


def _specifier(name: str, package: str) -> str:
    for own in ("__name__.", "__package__."):
        if name.startswith(own):
            return "." + name.removeprefix(own)
    return package + name if package and name.startswith(".") else name
