"""What compilers write for decorators and for imports of CommonJS modules: calls of helpers with fixed names."""

import re
from collections.abc import Callable
from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.facts.flows import ELEMENT, RESERVED
from alef_audit.frontends.ecmascript.defined import Callee
from alef_audit.frontends.ecmascript.literals import string_value
from alef_audit.frontends.ecmascript.nodes import bare, parts
from alef_audit.frontends.ecmascript.walk import Task, Walk

# Helpers around `require`, by the names that TypeScript, Babel, swc, esbuild and rollup give them.
_REQUIRING: Final = re.compile(
    r"__toESM\d*|__import(?:Star|Default)\d*"
    r"|_interop(?:Require)?(?:Default|Wildcard|Namespace)\w*(?:\$\d+)?|_interop_require_(?:default|wildcard)(?:\._)?"
)
# Helpers that apply decorators: the positions of the decorators, of what holds the decorated, and of its name.
_APPLYING: Final = {
    "__decorate": (0, 1, 2),
    "_ts_decorate": (0, 1, 2),
    "__decorateClass": (0, 1, 2),
    "_applyDecoratedDescriptor": (2, 0, 1),
}
_PARAMETER: Final = frozenset(("__param", "_ts_param", "__decorateParam"))
_METADATA: Final = frozenset(("__metadata", "_ts_metadata", "__legacyMetadataTS"))
_INJECTING: Final = frozenset(("Inject", "inject"))
# What stands for types that name no class of the program.
_NO_CLASS: Final = frozenset(
    ("Object", "String", "Number", "Boolean", "Array", "Function", "Promise", "Symbol", "BigInt", "Date", "undefined")
)

_KIND: Final = 7  # bits of the flags of __decorateElement that tell what is decorated; 0: a class
_TEXT_LIMIT: Final = 80

# Records that a node's value is applied to what is in the first slot; what that gives goes to the second.
Apply = Callable[[Walk, Node, int, int], None]


def compiled(walk: Walk, callee: Callee, arguments: list[Node], result: int, apply: Apply) -> bool:
    """Whether a call is one of such a helper; if so, what it does with its arguments has been written."""
    _, _, member, line, text = callee
    given = [argument for argument in arguments if argument.type != "comment"]
    if not given:
        return False
    if _REQUIRING.fullmatch(text if member == "_" else member) is not None:
        _required(walk, given, result, line)
        return True
    if member == "__decorateElement" and len(given) > 4:
        _decorate_element(walk, given, result, line)
        return True
    if member == "__runInitializers" and given:
        slots = [walk.value(argument) for argument in given]
        walk.build.copy(result, slots[3] if len(slots) > 3 else 0)
        return True
    positions = _APPLYING.get(member)
    if positions is None or len(given) <= max(positions[:2]) or given[positions[0]].type != "array":
        return False
    listed, target, name = positions
    _apply_all(walk, given[listed], given[target], given[name] if len(given) > name else None, result, apply)
    return True


def _required(walk: Walk, given: list[Node], result: int, line: int) -> None:
    """What a helper around `require` makes of its first argument."""
    build = walk.build
    module, *_ = [walk.value(argument) for argument in given]
    if module and result:
        build.copy(result, module)
        wrapped = build.object(walk.frame.index, line, "")
        build.row(flows.SPREAD, wrapped, module, 0, line)
        build.store(wrapped, "default", module, line)
        build.copy(result, wrapped)


def _decorate_element(walk: Walk, given: list[Node], result: int, line: int) -> None:
    """esbuild's `C = __decorateElement(_init, flags, "name", _decorators, C)`, for a class or one of its members."""
    _, _, _, decorators, target = (walk.value(argument) for argument in given[:5])
    build, flags, member = walk.build, walk.text(given[1]), string_value(walk, given[2]) or ""
    is_class = flags.isdigit() and not int(flags) & _KIND
    decorated = target if is_class else build.load(build.load(target, "prototype", line), member, line)
    if is_class:
        build.copy(result, target)
    build.call(
        function=walk.frame.index,
        line=line,
        column=given[0].start_point.column + 1,
        end_line=line,
        callee=build.load(decorators, RESERVED[ELEMENT], line),
        receiver=0,
        member="",
        text=walk.short(given[3], _TEXT_LIMIT),
        result=result if is_class else 0,
        flags=flows.DECORATOR,
        loop=-1,
        condition=walk.condition(),
        arguments=((flows.NO_NAME, decorated, flows.NO_NAME),),
    )


def _apply_all(walk: Walk, listed: Node, target: Node, name: Node | None, result: int, apply: Apply) -> None:
    """`__decorate([…], C.prototype, "m", …)`."""
    holder = bare(target)
    member = string_value(walk, name) or "" if name is not None else ""
    if member and holder.type == "member_expression" and walk.text(holder).endswith(".prototype"):
        holder = holder.named_children[0]
    owner = walk.value(holder)
    methods = walk.members.get(owner, {})
    decorated = owner
    if member:
        decorated = methods[member][1] if member in methods else walk.build.load(owner, member, _line(holder))
    else:
        walk.build.copy(result, owner)
    for each in parts(listed):
        called, inside = _call(walk, each)
        if called in _PARAMETER:
            for below in inside[1:]:
                _inject(walk, owner, member, walk.text(inside[0]), below)
                walk.effect(below)
        elif called in _METADATA:
            if len(inside) > 1:
                _types(walk, owner, member, string_value(walk, inside[0]) or "", inside[1])
        elif each.type != "comment":
            apply(walk, each, decorated, 0 if member else result or owner)


def _line(node: Node) -> int:
    return node.start_point.row + 1


def _call(walk: Walk, node: Node) -> tuple[str, list[Node]]:
    """The name that a call calls, without what it is a member of, and its arguments; "" for what is no call."""
    if node.type != "call_expression":
        return "", []
    callee, listed = node.child_by_field_id(walk.fields.function), node.child_by_field_id(walk.fields.arguments)
    if callee is None or listed is None:
        return "", []
    return _name(walk, callee), [child for child in parts(listed) if child.type != "comment"]


def _name(walk: Walk, callee: Node) -> str:
    """`f` of `f`, `m.f`, `(0, m.f)`."""
    return walk.text(callee).rstrip(")").rpartition(".")[2].rpartition(",")[2].strip(" (")


def _types(walk: Walk, owner: int, member: str, key: str, node: Node) -> None:
    """What `__metadata(key, node)` says of the parameters of a function, or of a field."""
    if key == "design:paramtypes" and node.type == "array":
        given = [child for child in parts(node) if child.type != "comment"]
        for position, each in enumerate(given):
            _typed_parameter(walk, owner, member, position, each)
    elif key == "design:type" and member and member not in walk.members.get(owner, {}):
        source, place = _class(walk, node), walk.places.get(owner)
        if source and place is not None:
            held = walk.build.slot()
            walk.build.row(flows.TYPE, held, source, 0, _line(node))
            walk.build.store(place.instance, member, held, _line(node))


def _inject(walk: Walk, owner: int, member: str, position: str, decorator: Node) -> None:
    """`__param(0, inject(Store))`: the parameter is an instance of what is named there, if that is a class."""
    name, inside = _call(walk, decorator)
    if name in _INJECTING and len(inside) == 1 and position.isdigit():
        _typed_parameter(walk, owner, member, int(position), inside[0])


def _typed_parameter(walk: Walk, owner: int, member: str, position: int, node: Node) -> None:
    known = walk.members.get(owner, {}).get(member or "constructor")
    source = _class(walk, node) if known is not None else 0
    if not source or known is None:
        return
    frame, line = known[0], _line(node)

    def say(walk: Walk, node: Node, source: int) -> None:
        slot = frame.parameters[position].slot if position < len(frame.parameters) else 0
        if slot:
            walk.build.row(flows.TYPE, slot, source, 0, line)

    # the parameters are declared when the body is walked, which was put off before this
    walk.tasks.append(Task(say, node, source, walk.frame, None, None))


def _class(walk: Walk, node: Node) -> int:
    """The slot of the class that an emitted type names; 0 for none.

    A name that may be missing at run time comes as `typeof (_a = typeof X !== "undefined" && X) === "function" ? _a :
    Object`, or as `typeof X === "undefined" ? Object : X`.
    """
    if node.type == "ternary_expression":
        walk.effect(node.child_by_field_id(walk.fields.condition))
        branches = [node.child_by_field_id(field) for field in (walk.fields.consequence, walk.fields.alternative)]
        named = [branch for branch in branches if branch is not None and walk.text(branch) not in _NO_CLASS]
        return walk.value(named[0]) if len(named) == 1 else 0
    if node.type not in ("identifier", "member_expression") or walk.text(node) in _NO_CLASS:
        return 0
    return walk.value(node)
