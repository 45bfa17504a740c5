"""The fields of syntax nodes that the walk asks for, by the numbers that a grammar gives them.

Asking by number saves tree-sitter the search for the name, which costs as much as finding the child.
"""

from tree_sitter import Language


class Fields:
    """The number of every field, 0 (which no node has) for those that the grammar does not know."""

    __slots__ = (
        "alias",
        "alternative",
        "argument",
        "arguments",
        "body",
        "condition",
        "consequence",
        "constructor",
        "declaration",
        "function",
        "increment",
        "index",
        "initializer",
        "key",
        "kind",
        "left",
        "name",
        "object",
        "operator",
        "parameter",
        "parameters",
        "pattern",
        "property",
        "return_type",
        "right",
        "source",
        "type",
        "type_parameters",
        "value",
    )

    def __init__(self, language: Language) -> None:
        def number(name: str) -> int:
            return language.field_id_for_name(name) or 0

        self.alias = number("alias")
        self.alternative = number("alternative")
        self.argument = number("argument")
        self.arguments = number("arguments")
        self.body = number("body")
        self.condition = number("condition")
        self.consequence = number("consequence")
        self.constructor = number("constructor")
        self.declaration = number("declaration")
        self.function = number("function")
        self.increment = number("increment")
        self.index = number("index")
        self.initializer = number("initializer")
        self.key = number("key")
        self.kind = number("kind")
        self.left = number("left")
        self.name = number("name")
        self.object = number("object")
        self.operator = number("operator")
        self.parameter = number("parameter")
        self.parameters = number("parameters")
        self.pattern = number("pattern")
        self.property = number("property")
        self.return_type = number("return_type")
        self.right = number("right")
        self.source = number("source")
        self.type = number("type")
        self.type_parameters = number("type_parameters")
        self.value = number("value")
