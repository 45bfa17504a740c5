"""Which handler walks which kind of node, compiled per grammar into look-ups by symbol number."""

import functools
from collections.abc import Mapping
from typing import Final

import tree_sitter_javascript
import tree_sitter_typescript
from tree_sitter import Language, Node

from alef_audit.frontends.ecmascript import (
    calls,
    classes,
    expressions,
    functions,
    judged,
    modules,
    objects,
    statements,
    types,
)
from alef_audit.frontends.ecmascript.fields import Fields
from alef_audit.frontends.ecmascript.frames import Naming
from alef_audit.frontends.ecmascript.walk import Bound, Effect, Flagged, Tables, Value, Walk

_ERROR_SYMBOL: Final = 0xFFFF

# Kinds without anything in them that happens or has a value.
_LEAVES: Final = (
    *("number", "string", "true", "false", "null", "undefined", "regex", "comment", "html_comment", "hash_bang_line"),
    *("property_identifier", "private_property_identifier", "statement_identifier", "type_identifier", "meta_property"),
    *("type_annotation", "type_arguments", "type_parameters", "predefined_type", "jsx_text", "jsx_closing_element"),
    *(
        "empty_statement",
        "debugger_statement",
        "break_statement",
        "continue_statement",
        "function_type",
        "string_fragment",
    ),
    *(
        "accessibility_modifier",
        "override_modifier",
        "optional_chain",
        "import",
        "implements_clause",
        "escape_sequence",
    ),
    *("method_signature", "abstract_method_signature", "property_signature", "index_signature", "call_signature"),
)
_WRAPPERS: Final = ("parenthesized_expression", "non_null_expression", "instantiation_expression")
_ASSERTIONS: Final = ("as_expression", "satisfies_expression", "type_assertion")
_FUNCTIONS: Final = ("arrow_function", "function_expression", "generator_function")
_CLASSES: Final = ("class_declaration", "abstract_class_declaration")

_VALUES: Final[Mapping[str, Value]] = {
    **dict.fromkeys(_LEAVES, expressions.nothing),
    **dict.fromkeys(_WRAPPERS, expressions.wrapped),
    **dict.fromkeys(_ASSERTIONS, expressions.asserted),
    **dict.fromkeys(_FUNCTIONS, functions.expression),
    **dict.fromkeys(_CLASSES, classes.declaration),
    "template_string": expressions.template,
    "identifier": expressions.named,
    "shorthand_property_identifier": expressions.named,
    "this": expressions.this,
    "super": expressions.super_value,
    "member_expression": expressions.member,
    "subscript_expression": expressions.subscript,
    "call_expression": calls.call_value,
    "new_expression": calls.new_value,
    "await_expression": calls.await_value,
    "ternary_expression": expressions.ternary,
    "binary_expression": expressions.binary,
    "unary_expression": expressions.unary,
    "sequence_expression": expressions.sequence,
    "yield_expression": expressions.yielded,
    "assignment_expression": expressions.assignment,
    "augmented_assignment_expression": expressions.augmented,
    "update_expression": expressions.updated,
    "object": objects.literal_object,
    "array": objects.literal_array,
    "class": classes.class_value,
    "function_declaration": functions.declaration,
    "generator_function_declaration": functions.declaration,
    "function_signature": functions.signature,
    "enum_declaration": classes.enum,
    "interface_declaration": types.interface,
    "type_alias_declaration": types.type_alias,
    "internal_module": modules.namespace,
    "module": modules.namespace,
}

# A member whose value nobody needs is loaded all the same: it may be a getter.
_EFFECTS: Final[Mapping[str, Effect]] = {
    **_VALUES,
    **dict.fromkeys((*_WRAPPERS, *_ASSERTIONS), expressions.wrapped_effect),
    "identifier": expressions.nothing,
    "shorthand_property_identifier": expressions.nothing,
    "this": expressions.nothing,
    "super": expressions.nothing,
    "call_expression": calls.call_effect,
    "new_expression": calls.new_effect,
    "await_expression": calls.await_effect,
    "ternary_expression": expressions.ternary_effect,
    "binary_expression": expressions.binary_effect,
    "sequence_expression": expressions.sequence_effect,
    "program": statements.block,
    "statement_block": statements.block,
    "expression_statement": statements.expression,
    "return_statement": statements.returned,
    "lexical_declaration": statements.declaration,
    "variable_declaration": statements.declaration,
    "variable_declarator": statements.declarator,
    "if_statement": statements.branch,
    "switch_statement": statements.switch,
    "try_statement": statements.attempt,
    "catch_clause": statements.catch,
    "for_in_statement": statements.for_each,
    "for_statement": statements.counted,
    "while_statement": statements.repeated,
    "do_statement": statements.repeated,
    "import_statement": modules.import_statement,
    "export_statement": classes.export_statement,
    "import_alias": modules.import_alias,
}

_FLAGGED: Final[Mapping[str, Flagged]] = {
    **dict.fromkeys(_WRAPPERS, expressions.wrapped_flagged),
    **dict.fromkeys(_ASSERTIONS, expressions.asserted_flagged),
    "identifier": judged.named,
    "call_expression": calls.call,
    "new_expression": calls.new,
    "await_expression": calls.await_flagged,
    "ternary_expression": expressions.ternary_flagged,
    "binary_expression": expressions.binary_flagged,
    "sequence_expression": expressions.sequence_flagged,
}

_BOUND: Final[Mapping[str, Bound]] = {
    **dict.fromkeys(_WRAPPERS, expressions.wrapped_as),
    **dict.fromkeys(_ASSERTIONS, expressions.asserted_as),
    **dict.fromkeys(_FUNCTIONS, functions.expression_as),
    "class": classes.class_as,
    "object": objects.object_as,
    "array": objects.array_as,
    "call_expression": calls.call_as,
    "new_expression": calls.new_as,
    "await_expression": calls.await_as,
    "member_expression": expressions.member_as,
    "subscript_expression": expressions.subscript_as,
}


@functools.cache
def language(grammar: str) -> Language:
    """The tree-sitter grammar: "typescript", "tsx" or "javascript"."""
    if grammar == "typescript":
        return Language(tree_sitter_typescript.language_typescript())
    if grammar == "tsx":
        return Language(tree_sitter_typescript.language_tsx())
    return Language(tree_sitter_javascript.language())


@functools.cache
def tables(grammar: str) -> Tables:
    """The handlers of a grammar by symbol number; kinds without a handler are walked for their parts."""
    known = language(grammar)
    symbols = {number: known.node_kind_for_id(number) or "" for number in range(known.node_kind_count)}
    symbols[_ERROR_SYMBOL] = "ERROR"
    return Tables(
        values={number: _VALUES.get(kind, expressions.inside) for number, kind in symbols.items()},
        effects={number: _EFFECTS.get(kind, expressions.inside) for number, kind in symbols.items()},
        flagged={number: _FLAGGED.get(kind) or _unflagged(kind) for number, kind in symbols.items()},
        bound={number: _BOUND.get(kind) or _unbound(kind) for number, kind in symbols.items()},
        fields=Fields(known),
    )


def _unflagged(kind: str) -> Flagged:
    """Value or effect of a kind that flags of calls do not concern."""
    if kind in _LEAVES:
        return expressions.nothing_flagged
    value, effect = _VALUES.get(kind, expressions.inside), _EFFECTS.get(kind, expressions.inside)

    def handler(walk: Walk, node: Node, flags: int, wanted: bool) -> int:
        if wanted:
            return value(walk, node)
        effect(walk, node)
        return 0

    return handler


def _unbound(kind: str) -> Bound:
    """Value of a kind that names do not concern."""
    value = _VALUES.get(kind, expressions.inside)

    def handler(walk: Walk, node: Node, naming: Naming, dst: int) -> int:
        return walk.copied(value(walk, node), dst)

    return handler
