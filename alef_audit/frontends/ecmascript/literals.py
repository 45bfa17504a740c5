"""Literals, property keys, and what stands inside parentheses and casts."""

import re
from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.frontends.ecmascript.few import has_few
from alef_audit.frontends.ecmascript.nodes import WRAPPERS, inner
from alef_audit.frontends.ecmascript.there import known_path, there
from alef_audit.frontends.ecmascript.walk import Walk

_SIMPLE: Final = {"true": flows.TRUE, "false": flows.FALSE, "null": flows.NULL, "undefined": flows.ABSENT}
LITERALS: Final = frozenset(("string", "template_string", "number", "unary_expression", *_SIMPLE))
_ESCAPE: Final = re.compile(r"\\(u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r\n|.)", re.DOTALL)
_ESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}
_WELL_KNOWN: Final = {"Symbol.iterator": flows.ITERATOR, "Symbol.asyncIterator": flows.ASYNC_ITERATOR}
_IDENTIFIER: Final = re.compile(r"#?[^\W\d][\w$]*\Z|#?\$[\w$]*\Z")
# Fewer known characters of a computed key than this fit too many names; keys are spelled by few operators.
_TELLING: Final = 2
_COMPOSED: Final = frozenset(("template_string", "binary_expression"))
_DEPTH: Final = 8
# Words that options are set to are shorter than this, quotes included: `mode: "persist"`.
LONGEST_WORD: Final = 32
_WORD: Final = re.compile(r"""["']([\w.\- ]*)["']""")
_CONSTANT: Final = re.compile(r"[A-Z][A-Z0-9_]+|[A-Z][\w$]*\.[A-Z][\w$]*")
_LONGEST_PATH: Final = 60
_PATH: Final = re.compile(r"([A-Za-z_$][\w$]*)(?:\??\.([A-Za-z_$][\w$]*))?")


# Kinds of values that pass on the name they are bound to, and what may wrap them.
TAKING_NAMES: Final = WRAPPERS | {
    *("object", "array", "class", "arrow_function", "function_expression", "generator_function"),
}


def takes_name(node: Node | None) -> bool:
    """Whether it matters which name the value of `node` is bound to."""
    return node is not None and node.type in TAKING_NAMES


def string_value(walk: Walk, node: Node) -> str | None:
    """Value of a string literal or of a template without substitutions; None for anything else."""
    kind = node.type
    if kind != "string" and kind != "template_string":
        return None
    text = walk.text(node)[1:-1]
    if kind == "template_string" and "${" in text and _substitutes(node):
        return None
    return _ESCAPE.sub(_unescape, text) if "\\" in text else text


def _pattern(walk: Walk, node: Node, depth: int) -> str:
    text = string_value(walk, node)
    if text is not None:
        return text
    if node.type == "template_string":
        return "".join(
            "*" if child.type == "template_substitution" else walk.text(child) for child in node.named_children
        )
    if node.type == "binary_expression" and depth < _DEPTH and len(node.children) == 3 and node.children[1].type == "+":
        return _pattern(walk, node.children[0], depth + 1) + _pattern(walk, node.children[2], depth + 1)
    if node.type in ("parenthesized_expression", "as_expression") and node.named_children and depth < _DEPTH:
        return _pattern(walk, node.named_children[0], depth + 1)
    return "*"


def begun(walk: Walk, node: Node) -> str:
    """The spelling of an absolute path of which only the beginning is written out, see `flows.begun_literal`."""
    if walk.source[node.start_byte + 1 : node.start_byte + 2] != b"/" or node.type not in _COMPOSED:
        return ""
    text = _pattern(walk, node, 0).partition("*")[0]
    return flows.begun_literal(text) if text.startswith("/") else ""


def _substitutes(node: Node) -> bool:
    return any(child.type == "template_substitution" for child in node.named_children)


def _unescape(found: re.Match[str]) -> str:
    code = found.group(1)
    if code[0] in "ux" and len(code) > 1:
        number = int(code[1:].strip("{}"), 16)
        return chr(number) if number < 0xD800 or 0xDFFF < number < 0x110000 else "\ufffd"
    return _ESCAPED.get(code, code)


def literal(walk: Walk, node: Node, kind: str) -> str:
    """The literal spelling of `node` (see `flows.string_literal`) of that kind, "" if it is no literal."""
    if kind == "string" or kind == "template_string":
        text = string_value(walk, node)
        return "" if text is None else flows.string_literal(text)
    if kind == "number":
        return walk.text(node)
    if kind == "unary_expression":
        return _unary(walk.text(node))
    return _SIMPLE.get(kind, "")


def _unary(text: str) -> str:
    if text == "void 0":
        return flows.ABSENT
    if text == "!0":
        return flows.TRUE
    if text == "!1":
        return flows.FALSE
    return text if text[:1] in "-+" and text[1:2].isdigit() and text[1:].replace(".", "").isalnum() else ""


def property_name(walk: Walk, key: Node | None) -> str:
    """The name a property key stands for; `*` when it is computed from anything but a literal."""
    if key is None:
        return "*"
    kind = key.type
    if kind == "computed_property_name":
        below = inner(key)
        text = string_value(walk, below) if below is not None else None
        return text or known_key(walk, below) or "*"
    if kind == "string":
        return string_value(walk, key) or "*"
    return walk.text(key) or "*"


def known_key(walk: Walk, node: Node | None) -> str:
    """The key that a constant of the module stands for (`[Topic.Ready]`), or the name of a method that the language
    itself looks up by a symbol (`[Symbol.iterator]`); "" for anything else.
    """
    if node is None or node.type not in ("identifier", "member_expression") or node.end_byte - node.start_byte > 80:
        return ""
    text = walk.text(node)
    symbol = _WELL_KNOWN.get(text, "")
    value = walk.constants.get(text, "")
    if symbol or not value:
        return symbol
    return "" if declared_below(walk, text.partition(".")[0]) else value


def declared_below(walk: Walk, name: str) -> bool:
    """Whether a function around this place declares `name`, so that it is nothing of the module."""
    scope = walk.frame.scope
    while scope.parent is not None:
        if name in scope.declared:
            return True
        scope = scope.parent
    return False


def is_identifier(text: str) -> bool:
    return _IDENTIFIER.match(text) is not None


def join(path: str, key: str) -> str:
    """How the property `key` of `path` is written: `h.foo`, `h["models.list"]`, or the key alone without a path."""
    if not path:
        return key
    return f"{path}.{key}" if is_identifier(key) or key.startswith("[Symbol.") else f'{path}["{key}"]'


def handed(walk: Walk, node: Node) -> str:
    """The spelling of a name or member that hands on what the function was given, see `flows.handed_literal`, a local
    below a test, see `flows.tested_literal`, or elsewhere, see `flows.held_literal`, a constant of a module, or
    something that is there whatever it may be; "" if it hands on something else.
    """
    path = _PATH.fullmatch(walk.text(node)) if node.end_byte - node.start_byte <= _LONGEST_PATH else None
    return handed_name(walk, path[1], path[2] or "") if path is not None else ""


def handed_name(walk: Walk, name: str, field: str = "") -> str:
    """As `handed`, of a name, or of a field of what it stands for."""
    spelled = f"{name}.{field}" if field else name
    scope = walk.frame.scope
    if name in scope.given:
        return flows.handed_literal(spelled)
    if name[:1].isupper() and not declared_below(walk, name):
        return flows.constant_literal(spelled) if _CONSTANT.fullmatch(spelled) else ""
    known = known_path(walk, spelled)
    if known:
        return known
    if walk.guard is not None and name in scope.declared:
        return flows.tested_literal(spelled)
    return flows.held_literal(spelled) if name in scope.fixed or scope.is_outer(name) else ""


def constant(walk: Walk, node: Node) -> str:
    """The spelling of a constant, or of a member of one, see `flows.constant_literal`; "" for anything else."""
    spelled = handed(walk, node) if node.type in ("identifier", "member_expression") else ""
    return spelled if flows.constant_path(spelled) else ""


def _option(walk: Walk, value: Node) -> str:
    """The spelling of a value in an object literal; "" if it is no word, not handed on, and need not be there."""
    kind = value.type
    if kind == "string":
        word = _WORD.fullmatch(walk.text(value)) if value.end_byte - value.start_byte < LONGEST_WORD else None
        return flows.string_literal(word[1]) if word is not None else flows.PRESENT
    if kind == "array" and has_few(walk, value):
        return flows.FEW
    if kind in ("identifier", "member_expression"):
        return handed(walk, value)
    return _SIMPLE.get(kind, "") or there(walk, value)


def spread(walk: Walk, node: Node) -> str:
    """The spelling of what is spread in an object literal, if it is what the function was given; "" otherwise."""
    what = node.named_children[0] if node.named_children else None
    name = walk.text(what) if what is not None and what.type == "identifier" else ""
    return flows.handed_literal(name) if name in walk.frame.scope.given else ""


def options(walk: Walk, node: Node) -> str:
    """The spelling of an object literal as an argument, see `flows.options_literal`; "" if its keys are not known."""
    found: dict[str, str] = {}
    for child in node.named_children:
        if child.type == "spread_element":
            several = flows.SPREAD_OPTIONS in found
            # what is spread may hold what is written before it
            found = dict.fromkeys(found, "")
            found[flows.SPREAD_OPTIONS] = "" if several else spread(walk, child)
            continue
        key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
        if child.type == "pair" and key is not None and value is not None and key.type == "property_identifier":
            found[walk.text(key)] = _option(walk, value)
        elif child.type == "shorthand_property_identifier":
            found[walk.text(child)] = handed(walk, child)
        elif child.type != "comment":
            return ""
    return flows.options_literal(found)
