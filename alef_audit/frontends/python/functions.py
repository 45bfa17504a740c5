"""Functions and lambdas: parameters, flags, body."""

import re
from typing import Final

import msgspec
from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.facts.file import Function, FunctionFlag, Parameter, ParameterKind
from alef_audit.frontends.builder import Scope
from alef_audit.frontends.python import expressions, fields, statements
from alef_audit.frontends.python.declared import classes_named
from alef_audit.frontends.python.exits import tells_of_loop
from alef_audit.frontends.python.handed import hand_back
from alef_audit.frontends.python.required import required
from alef_audit.frontends.python.turns import turns
from alef_audit.frontends.python.types import annotate, annotate_lent, is_data
from alef_audit.frontends.python.walk import Place, Walk, constant, line_of, literal_of, source

_TYPE_PARAMETER: Final = re.compile(r"[\s:=]")
_AWAITABLES: Final = ("Awaitable", "Coroutine", "Future", "Task")
_ONLY_AWAITABLE: Final = re.compile(r"""["']?(?:\w+\.)*(?:Awaitable|Coroutine|Future|Task)(?:\[[^|]*\])?["']?""")

# Class methods without a decorator.
_CLASS_BOUND: Final = ("__new__", "__init_subclass__", "__class_getitem__")


def _promised(returns: str) -> int:
    """The flags of a plain function that is declared to return `returns`."""
    if not any(word in returns for word in _AWAITABLES):
        return 0
    return FunctionFlag.AWAITABLE | (FunctionFlag.PROMISE if _ONLY_AWAITABLE.fullmatch(returns) else 0)


def _inner_place(walk: Walk, place: Place, index: int, own: str, *, is_async: bool) -> Place:
    scope = Scope(place.lexical, walk.build.slot, index)
    return msgspec.structs.replace(
        place,
        function=index,
        scope=scope,
        lexical=scope,
        qualname=f"{place.qualname}.{own}" if place.qualname else own,
        result=walk.build.slot(),
        is_async=is_async,
        loop=-1,
        condition=-1,
        narrowed={},
        yields=False,
        lends=False,
        fields=None,
    )


def walk_lambda(walk: Walk, place: Place, node: Node, label: str) -> int:
    """A lambda: a function whose body is returned. Gives the slot that holds it."""
    build = walk.build
    index = build.reserve_function()
    inner = _inner_place(walk, place, index, label, is_async=False)
    build.enter(index)
    parameters = node.child_by_field_id(fields.PARAMETERS)
    params, _ = _parameters(walk, place, inner, parameters, skip_first=False) if parameters is not None else ((), "")
    body = node.child_by_field_id(fields.BODY)
    if body is not None:
        build.enter(index)
        if body.type == "call":
            slot = expressions.walk_call(walk, inner, body, flows.RETURNED, wanted=True)
        else:
            slot = expressions.value(walk, inner, body)
        build.copy(inner.result, slot)
    build.close(inner.scope)
    build.functions[index] = Function(
        name="",
        qualname=inner.qualname,
        label=label,
        line=line_of(node),
        column=node.start_point[1] + 1,
        end_line=node.end_point[0] + 1,
        parent=place.function,
        owner=-1,
        flags=FunctionFlag.ANONYMOUS,
        parameters=params,
        result=inner.result,
        receiver=0,
    )
    return _holding(walk, place, index, line_of(node))


def _holding(walk: Walk, place: Place, index: int, line: int) -> int:
    walk.build.enter(place.function)
    dst = walk.build.slot()
    walk.build.row(flows.FUNCTION, dst, index, 0, line)
    return dst


def walk_function(
    walk: Walk, place: Place, node: Node, flags: int, *, lends: bool = False, decorated: bool = False
) -> int:
    """A `def` or `async def`; `flags` come from its decorators. Gives the slot that holds it.

    `lends`: a decorator makes a context manager of it.  `decorated`: there is a decorator that may do so.
    """
    build = walk.build
    name_node, body = node.child_by_field_id(fields.NAME), node.child_by_field_id(fields.BODY)
    name = source(walk, name_node) if name_node is not None else ""
    is_method = place.owner >= 0 and place.lexical is not place.scope
    is_async = bool(node.children) and node.children[0].type == "async"
    index = build.reserve_function()
    inner = _inner_place(walk, place, index, name, is_async=is_async)
    build.enter(index)
    generics = place.generics | _type_parameters(walk, node)
    place = msgspec.structs.replace(place, generics=generics)
    inner = msgspec.structs.replace(inner, lends=decorated, generics=generics)
    parameters = node.child_by_field_id(fields.PARAMETERS)
    if name == "__getattr__" and place.function == 0 and not is_method and parameters and parameters.named_children:
        inner = msgspec.structs.replace(inner, lazy_name=_parameter_name(walk, parameters.named_children[0]))
    bound = is_method and not flags & FunctionFlag.STATIC
    params, receiver = _parameters(walk, place, inner, parameters, skip_first=bound) if parameters else ((), "")
    receiver_slot = 0
    if bound and receiver:
        receiver_slot = build.declare(inner.scope, receiver)
        if name in _CLASS_BOUND:
            flags |= FunctionFlag.CLASSMETHOD
        if not flags & FunctionFlag.CLASSMETHOD:
            # the class of a class method is the one that the call names
            build.copy(receiver_slot, place.self_slot)
    returns = node.child_by_field_id(fields.RETURN_TYPE)
    if is_data(walk, returns):
        inner = msgspec.structs.replace(inner, result=0)
    (annotate_lent if lends else annotate)(walk, inner, inner.result, returns)
    types = () if lends or not inner.result else classes_named(walk, inner, returns)
    hand_back(walk, node, returns, is_method=bound)
    flags |= FunctionFlag.ASYNC if is_async else 0
    if returns is not None and not is_async:
        flags |= _promised(source(walk, returns))
    if is_method and name == "__init__":
        flags |= FunctionFlag.CONSTRUCTOR
    if body is not None:
        build.enter(index)
        generator = statements.walk_body(walk, inner, body)
        flags |= FunctionFlag.GENERATOR if generator else 0
        flags |= FunctionFlag.TURNS if is_async and turns(walk, body) else 0
        flags |= FunctionFlag.ASKS_LOOP if tells_of_loop(walk, body) else 0
        if _is_stub(walk, body):
            text = walk.text[body.start_byte : body.end_byte]
            says_so = flags & FunctionFlag.ABSTRACT or b"NotImplemented" in text or b"..." in text
            flags |= FunctionFlag.ABSTRACT | (FunctionFlag.STUB if says_so else 0)
    build.close(inner.scope)
    build.functions[index] = Function(
        name=name,
        qualname=inner.qualname,
        label=inner.qualname,
        line=line_of(name_node) if name_node is not None else line_of(node),
        column=node.start_point[1] + 1,
        end_line=node.end_point[0] + 1,
        parent=place.function,
        owner=place.owner if is_method else -1,
        flags=int(flags),
        parameters=params,
        result=inner.result,
        receiver=receiver_slot,
        types=types,
    )
    return _holding(walk, place, index, line_of(node))


def _type_parameters(walk: Walk, node: Node) -> frozenset[str]:
    """The names of `def f[T, *Ts](…)` between the brackets."""
    listed = node.child_by_field_id(fields.TYPE_PARAMETERS)
    if listed is None:
        return frozenset()
    texts = (source(walk, child).lstrip("*") for child in listed.named_children)
    return frozenset(_TYPE_PARAMETER.split(text, maxsplit=1)[0] for text in texts)


def _is_stub(walk: Walk, body: Node) -> bool:
    """A body that is only a docstring, `...`, `pass` or `raise NotImplementedError`."""
    for child in body.named_children:
        if child.type in ("pass_statement", "comment"):
            continue
        if child.type == "expression_statement" and child.named_children:
            if child.named_children[0].type in ("ellipsis", "string"):
                continue
        if child.type == "raise_statement" and b"NotImplemented" in walk.text[child.start_byte : child.end_byte]:
            continue
        return False
    return True


def _parameters(
    walk: Walk, outer: Place, inner: Place, node: Node, *, skip_first: bool
) -> tuple[tuple[Parameter, ...], str]:
    """The parameters without self or cls, and the name of that first one if `skip_first`."""
    found: list[Parameter] = []
    receiver = ""
    kind = ParameterKind.POSITIONAL
    for child in node.named_children:
        shape = child.type
        if shape in ("comment", "positional_separator"):
            continue
        if shape == "keyword_separator":
            kind = ParameterKind.KEYWORD_ONLY
            continue
        if skip_first and not receiver:
            receiver = _parameter_name(walk, child)
            if receiver:
                continue
        found.append(_parameter(walk, outer, inner, child, kind))
        if found[-1].kind == ParameterKind.REST:
            kind = ParameterKind.KEYWORD_ONLY
    inner.scope.given = frozenset(inner.scope.declared)
    return tuple(found), receiver


def _parameter_name(walk: Walk, node: Node) -> str:
    while node.type not in ("identifier", "list_splat_pattern", "dictionary_splat_pattern") and node.named_children:
        node = node.named_children[0]
    return source(walk, node) if node.type == "identifier" else ""


def _parameter(walk: Walk, outer: Place, inner: Place, node: Node, kind: int) -> Parameter:
    build = walk.build
    shape = node.type
    type_node = node.child_by_field_id(fields.TYPE)
    default = node.child_by_field_id(fields.VALUE)
    inner_node = node
    while inner_node.named_children and inner_node.type != "identifier":
        if inner_node.type == "list_splat_pattern":
            kind = ParameterKind.REST
        elif inner_node.type == "dictionary_splat_pattern":
            kind = ParameterKind.KEYWORDS
        inner_node = inner_node.named_children[0]
    name = source(walk, inner_node)
    is_plain = kind in (ParameterKind.POSITIONAL, ParameterKind.KEYWORD_ONLY) and is_data(walk, type_node)
    if is_plain:
        build.declare_plain(inner.scope, name)
    slot = 0 if is_plain else build.declare(inner.scope, name)
    literal = ""
    if default is not None:
        literal = literal_of(walk, default)
        if not literal:
            literal = constant(walk, outer, default)
            build.enter(outer.function)
            build.copy(slot, expressions.value(walk, outer, default))
            build.enter(inner.function)
    if kind in (ParameterKind.POSITIONAL, ParameterKind.KEYWORD_ONLY):
        literal = literal or required(walk, type_node, default)
    types: tuple[int, ...] = ()
    if type_node is not None:
        _annotate_parameter(walk, outer, inner, slot, type_node, kind)
        if slot and kind in (ParameterKind.POSITIONAL, ParameterKind.KEYWORD_ONLY):
            types = classes_named(walk, outer, type_node)
    return Parameter(build.name(name), slot, int(kind), build.name(literal), types) if shape else Parameter(0, slot)


def _annotate_parameter(walk: Walk, outer: Place, inner: Place, slot: int, node: Node, kind: int) -> None:
    if b"(" in walk.text[node.start_byte : node.end_byte]:
        # Annotated[T, Depends(f)] registers f when the function is defined
        expressions.value(walk, outer, node)
    if kind in (ParameterKind.REST, ParameterKind.KEYWORDS):
        element = walk.build.slot()
        annotate(walk, outer, element, node)
        holder = walk.build.object(inner.function, line_of(node), "")
        walk.build.store(holder, "*", element, line_of(node))
        walk.build.copy(slot, holder)
    else:
        annotate(walk, outer, slot, node)
