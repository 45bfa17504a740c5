"""Functions: their frame, parameters and body."""

import re
from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag, Parameter, ParameterKind
from alef_audit.frontends.ecmascript.data_types import spelling
from alef_audit.frontends.ecmascript.frames import UNNAMED, ClassPlace, Frame, Naming
from alef_audit.frontends.ecmascript.literals import constant, literal, options
from alef_audit.frontends.ecmascript.nodes import starts_with
from alef_audit.frontends.ecmascript.patterns import bind
from alef_audit.frontends.ecmascript.types import function_type, instance_of, type_parameters
from alef_audit.frontends.ecmascript.walk import Task, Walk

FUNCTIONS: Final = frozenset(("arrow_function", "function_expression", "generator_function"))
_ONLY_PROMISE: Final = re.compile(r":\s*Promise(?:Like)?\s*<")
_PROMISE: Final = re.compile(r"(?:\A:|\|)\s*(?:Promise|PromiseLike|Awaitable|MaybePromise|MaybeAsync|Thenable)\b")
_QUALNAME_LIMIT: Final = 300
_LABEL_LIMIT: Final = 120
_ANONYMOUS: Final = "anonymous"


def qualify(outer: str, own: str) -> str:
    """The qualified name of `own` inside `outer`, bounded however deep the nesting."""
    own = own[:_LABEL_LIMIT]
    return f"{outer}.{own}" if outer and len(outer) < _QUALNAME_LIMIT else own


def declaration(walk: Walk, node: Node) -> int:
    """A function declaration; gives the slot of its name."""
    name_node = node.child_by_field_id(walk.fields.name)
    name = walk.text(name_node) if name_node is not None else ""
    dst = walk.build.declare(walk.frame.scope, name) if name else walk.build.slot()
    _start(walk, node, Naming(name, name, name), dst)
    return dst


def signature(walk: Walk, node: Node) -> int:
    """An overload or a declaration without a body: the name, and what calling it gives."""
    name_node = node.child_by_field_id(walk.fields.name)
    if name_node is None:
        return 0
    slot = walk.build.declare(walk.frame.scope, walk.text(name_node))
    function_type(walk, node, slot)
    return slot


def expression(walk: Walk, node: Node) -> int:
    """A function expression or arrow that nothing gives a name to."""
    return expression_as(walk, node, UNNAMED, 0)


def expression_as(walk: Walk, node: Node, naming: Naming, dst: int) -> int:
    dst = dst or walk.build.slot()
    own = node.child_by_field_id(walk.fields.name) if node.type != "arrow_function" else None
    if own is not None:
        name = walk.text(own)
        frame = _start(walk, node, naming if naming.name else Naming(name, name, name), dst)
        walk.build.copy(walk.build.declare(frame.scope, name), dst)
    else:
        _start(walk, node, naming, dst).flags |= FunctionFlag.ANONYMOUS
    return dst


def handed_on(walk: Walk, node: Node, label: str, dst: int) -> int:
    """A function that is an argument of a call: `label` says what it is handed to."""
    return expression_as(walk, node, Naming("", label, ""), dst)


def method(
    walk: Walk, node: Node, naming: Naming, dst: int, *, home: int = 0, member_of: ClassPlace | None = None
) -> Frame:
    """A method of a class (`member_of`) or of an object literal (slot `home`); `dst` receives the function."""
    frame = _start(walk, node, naming, dst)
    frame.home = home
    if member_of is not None:
        frame.member_of = member_of
        frame.owner = member_of.number
        frame.static = bool(frame.flags & FunctionFlag.STATIC)
        if naming.name == "constructor" and not frame.static:
            frame.flags |= FunctionFlag.CONSTRUCTOR
    return frame


def _start(walk: Walk, node: Node, naming: Naming, dst: int) -> Frame:
    """Write the function into `dst` and put its body off."""
    outer = walk.frame
    frame = walk.function(outer)
    frame.name, frame.label = naming.name, naming.label or _anonymous(outer)
    frame.qualname = qualify(outer.qualname, naming.label or _ANONYMOUS)
    frame.flags = _modifiers(walk, node)
    if frame.flags & FunctionFlag.GENERATOR:
        frame.generator = walk.build.object(frame.index, node.start_point.row + 1, "")
        walk.build.copy(frame.result, frame.generator)
    kind = node.type
    name_node = node.child_by_field_id(walk.fields.name) if kind == "method_definition" else None
    row, column = (name_node or node).start_point
    frame.line, frame.column, frame.end_line = row + 1, column + 1, node.end_point[0] + 1
    if kind == "arrow_function":
        frame.this_frame = outer.this_frame
    frame.made_under = walk.guard
    walk.build.row(flows.FUNCTION, dst, frame.index, 0, frame.line)
    walk.tasks.append(Task(_body, node, 0, frame, None, None))
    return frame


def _anonymous(outer: Frame) -> str:
    """How a function that nothing names is called: after the function it is written in."""
    return f"{_ANONYMOUS} in {outer.label[:_LABEL_LIMIT]}" if outer.name else _ANONYMOUS


_FIRST_WORDS: Final = frozenset(("function_declaration", "function_expression"))  # `async` or `function`
_MODIFIER_FLAGS: Final = {
    "async": FunctionFlag.ASYNC,
    "*": FunctionFlag.GENERATOR,
    "static": FunctionFlag.STATIC,
    "get": FunctionFlag.GETTER,
    "set": FunctionFlag.SETTER,
}


def _modifiers(walk: Walk, node: Node) -> int:
    """Flags from the tokens in front of the name or the parameters."""
    flags = 0
    kind = node.type
    if kind == "arrow_function":
        spelled = walk.source.startswith(b"async", node.start_byte)
        return int(FunctionFlag.ASYNC) if spelled and starts_with(node, "async") else 0
    if kind in _FIRST_WORDS and not node.has_error:
        return int(FunctionFlag.ASYNC) if walk.source.startswith(b"async", node.start_byte) else 0
    for child in node.children:
        kind = child.type
        if child.is_named and kind not in ("decorator", "comment", "accessibility_modifier", "override_modifier"):
            break
        flags |= _MODIFIER_FLAGS.get(kind, 0)
    return flags


def _body(walk: Walk, node: Node, dst: int) -> None:
    frame = walk.frame
    frame.generics |= type_parameters(walk, node)
    listed = node.child_by_field_id(walk.fields.parameters)
    single = node.child_by_field_id(walk.fields.parameter) if listed is None else None
    if listed is not None:
        found = [_parameter(walk, child) for child in listed.named_children]
        frame.parameters = tuple([each for each in found if each is not None])
    elif single is not None:
        parameter = _parameter(walk, single)
        frame.parameters = (parameter,) if parameter is not None else ()
    frame.scope.given = frozenset(frame.scope.declared)
    returns = node.child_by_field_id(walk.fields.return_type)
    if returns is not None:
        types = None if frame.flags & FunctionFlag.GENERATOR else spelling(walk, returns)
        if types is not None:
            frame.types = types
            frame.result = frame.result if types else 0
        instance_of(walk, returns, frame.result)
        if not frame.flags & FunctionFlag.ASYNC and _promises(walk.text(returns)):
            frame.flags |= FunctionFlag.AWAITABLE | (FunctionFlag.PROMISE if is_promise(walk.text(returns)) else 0)
    body = node.child_by_field_id(walk.fields.body)
    if body is None:
        frame.flags |= FunctionFlag.ABSTRACT
    elif body.type == "statement_block":
        walk.effect(body)
    else:
        walk.build.copy(frame.result, walk.flagged(body, flows.RETURNED, True))


def _promises(annotation: str) -> bool:
    """Whether a return type is, or may be, something to await."""
    spelled = "Promise" in annotation or "Awaitable" in annotation or "Maybe" in annotation or "Thenable" in annotation
    return spelled and _PROMISE.search(annotation) is not None


def is_promise(annotation: str) -> bool:
    """Whether a return type is a promise and nothing else."""
    found = _ONLY_PROMISE.match(annotation)
    depth = 0
    for at in range(found.end() - 1, len(annotation)) if found is not None else ():
        sign = annotation[at]
        depth += (sign == "<") - (sign == ">" and annotation[at - 1] != "=")
        if not depth:
            return at == len(annotation) - 1
    return False


def _parameter(walk: Walk, node: Node) -> Parameter | None:
    """The parameter that `node` declares, if it is one."""
    kind = node.type
    if kind in ("comment", "ERROR"):
        return None
    typed: Node | None = None
    default: Node | None = None
    pattern: Node | None = node
    if kind == "required_parameter" or kind == "optional_parameter":
        pattern, typed = node.child_by_field_id(walk.fields.pattern), node.child_by_field_id(walk.fields.type)
        default = node.child_by_field_id(walk.fields.value)
    elif kind == "assignment_pattern":
        pattern, default = node.child_by_field_id(walk.fields.left), node.child_by_field_id(walk.fields.right)
    if pattern is None:
        return None
    if pattern.type == "this":
        instance_of(walk, typed, walk.this())
        return None
    types = spelling(walk, typed)
    slot, name, shape = _declare(walk, pattern, typed, plain=types == ())
    written = ""
    if default is not None:
        written = literal(walk, default, default.type)
        if not written:
            written = options(walk, default) if default.type == "object" else constant(walk, default)
            written = written or flows.OPAQUE
            walk.build.copy(slot, walk.value_as(default, Naming(name, name, name)))
    place = walk.frame.member_of
    if place is not None and name and kind.endswith("_parameter") and _is_property(node):
        walk.build.store(place.instance, name, slot, node.start_point.row + 1)
    return Parameter(walk.build.name(name), slot, shape, walk.build.name(written), types or ())


def _is_property(node: Node) -> bool:
    """Whether a constructor parameter declares a field too (`private x: T`, `readonly x: T`)."""
    return any(child.type in ("accessibility_modifier", "readonly", "override_modifier") for child in node.children)


def _declare(walk: Walk, pattern: Node, typed: Node | None, *, plain: bool) -> tuple[int, str, int]:
    """Slot, name and kind of a parameter; its pattern's names are bound."""
    build = walk.build
    if pattern.type == "identifier":
        name = walk.text(pattern)
        if plain:
            build.declare_plain(walk.frame.scope, name)
            return 0, name, ParameterKind.POSITIONAL
        slot = build.declare(walk.frame.scope, name)
        instance_of(walk, typed, slot)
        return slot, name, ParameterKind.POSITIONAL
    if pattern.type != "rest_pattern":
        slot = 0 if plain else build.slot()
        instance_of(walk, typed, slot)
        bind(walk, pattern, slot, declare=True)
        return slot, "", ParameterKind.POSITIONAL
    # the slot holds the array that callers' surplus arguments are collected in
    below = pattern.named_children[0] if pattern.named_children else None
    if below is not None and below.type == "identifier":
        name = walk.text(below)
        slot = build.declare(walk.frame.scope, name)
    else:
        name, slot = "", build.slot()
        if below is not None:
            bind(walk, below, slot, declare=True)
    instance_of(walk, typed, slot)
    return slot, name, ParameterKind.REST
