"""What functions are called in the syntax trees of both languages."""

from typing import Final

FUNCTION_NODES: Final = frozenset(
    (
        "function_definition",
        "lambda",
        "arrow_function",
        "function_expression",
        "function_declaration",
        "generator_function",
        "generator_function_declaration",
        "method_definition",
    )
)
