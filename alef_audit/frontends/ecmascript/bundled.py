"""Modules that a bundler put into one file, each inside of a function, and the helpers that run these functions.

esbuild, rolldown and Bun write `var require_a = __commonJS({"a.js"(exports, module) {…}})` and, for modules run
when first asked for, `var init_a = __esm({"a.js"() {…}})`. Were the helpers followed like other functions, one object
would hold the exports of all modules. Minified, they have names of one letter or two, and are told by what they do.
"""

import re
from collections.abc import Mapping
from typing import Final

from tree_sitter import Node

from alef_audit.facts.file import FunctionFlag
from alef_audit.frontends.ecmascript.frames import Naming
from alef_audit.frontends.ecmascript.functions import FUNCTIONS, expression_as, method
from alef_audit.frontends.ecmascript.walk import Task, Walk

WRAPPING: Final = re.compile(r"__(?:commonJS|esm)(?:Min)?\d*")
_HEAD: Final = 1 << 14  # bytes: bundlers write their helpers in front of everything else
_NAME: Final = rb"(?<![\w$.])(?P<name>[\w$]+)="
_MAKER: Final = _NAME + rb"\((?P<f>[\w$]+),(?P<m>[\w$]+)\)=>(?:\(\)=>|function [\w$]*\(\)\{)[^;]{0,80}?"
# By standard name: a text that files with a minified helper contain, and what the helper looks like.
_MINIFIED: Final = (
    ("__commonJS", b"={exports:{}})", _MAKER + rb"\(\(?(?P=m)=\{exports:\{\}\}\)\.exports,(?P=m)\)"),
    ("__esm", b"=0))", _MAKER + rb"(?P=m)=(?P=f)\((?P=f)=0\)"),
    (
        "__toESM",
        b".__esModule",
        _NAME + rb"\((?P<e>[\w$]+),[\w$]+,(?P<r>[\w$]+)\)=>\((?P=r)=(?P=e)!=null\?[^;]{0,200}?\.__esModule",
    ),
    (
        "__export",
        b",{get:",
        _NAME + rb"\((?P<t>[\w$]+),(?P<s>[\w$]+)\)=>\{for\((?:var|let|const) (?P<k>[\w$]+) in (?P=s)\)"
        rb"[\w$.]+\((?P=t),(?P=k),\{get:(?P=s)\[(?P=k)\]",
    ),
)
_PATTERNS: Final = tuple((name, told, re.compile(pattern)) for name, told, pattern in _MINIFIED)


def helpers_of(source: bytes) -> Mapping[str, str]:
    """The names that a minified file gives the helpers of its bundler, with the standard name of each."""
    head = source[:_HEAD]
    return {
        found["name"].decode(): standard
        for standard, told, pattern in _PATTERNS
        if told in head
        for found in pattern.finditer(head)
    }


def standard_name(walk: Walk, name: str) -> str:
    """The standard name of the helper that `name` means here; `name` itself where it means something else."""
    found = walk.helpers.get(name)
    if found is None:
        return name
    frame = walk.frame
    while frame.parent is not None:
        if name in frame.scope.declared:
            # the bundle as a whole may stand in a function of its own
            return found if frame.parent.parent is None and not frame.parameters else name
        frame = frame.parent
    return found


def wrapped(walk: Walk, member: str, given: list[Node], result: int) -> bool:
    """Whether a call makes a module out of a function; if so, calling what it gives runs that function, which gives
    the module's exports.
    """
    function = given[0] if len(given) == 1 and WRAPPING.fullmatch(member) is not None else None
    if function is None:
        return False
    build, before = walk.build, len(walk.frames)
    name, only = "", function
    if function.type == "object":
        inside = [child for child in function.named_children if child.type != "comment"]
        only = inside[0] if len(inside) == 1 else function
        if only.type == "pair":
            only = only.child_by_field_id(walk.fields.value) or function
        key = inside[0].child_by_field_id(walk.fields.key) or inside[0].child_by_field_id(walk.fields.name)
        name = walk.text(key).strip("\"'") if key is not None else ""
    slot = build.slot()
    if only.type == "method_definition":
        method(walk, only, Naming(name, name, ""), slot)
    elif only.type in FUNCTIONS:
        expression_as(walk, only, Naming(name, name, "") if name else Naming("", "module", ""), slot)
    else:
        return False
    frame = walk.frames[before]
    frame.flags |= FunctionFlag.ONCE
    build.copy(result, slot)
    if "esm" not in member:
        line = only.start_point.row + 1
        exports, module = (build.object(frame.index, line, "") for _ in range(2))
        build.store(module, "exports", exports, line)

        def hand_over(walk: Walk, node: Node, dst: int) -> None:
            # the parameters are declared when the body is walked, which was put off before this
            for parameter, held in zip(frame.parameters, (exports, module), strict=False):
                walk.build.copy(parameter.slot, held)
            walk.build.copy(frame.result, walk.build.load(module, "exports", line))

        walk.tasks.append(Task(hand_over, only, 0, frame, None, None))
    return True
