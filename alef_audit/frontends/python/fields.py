"""The fields of syntax nodes that the walk asks for, by the numbers that the grammar gives them.

Asking by number saves tree-sitter the search for the name, which costs as much as finding the child.
"""

from typing import Final

from alef_audit.frontends.python.parse import LANGUAGE


def _number(name: str) -> int:
    """The number of a field, 0 (which no node has) if the grammar does not know it."""
    return LANGUAGE.field_id_for_name(name) or 0


ALTERNATIVE: Final = _number("alternative")
BODY: Final = _number("body")
CONDITION: Final = _number("condition")
CONSEQUENCE: Final = _number("consequence")
DEFINITION: Final = _number("definition")
LEFT: Final = _number("left")
MODULE_NAME: Final = _number("module_name")
NAME: Final = _number("name")
PARAMETERS: Final = _number("parameters")
RETURN_TYPE: Final = _number("return_type")
RIGHT: Final = _number("right")
SUBJECT: Final = _number("subject")
SUPERCLASSES: Final = _number("superclasses")
TYPE: Final = _number("type")
TYPE_PARAMETERS: Final = _number("type_parameters")
VALUE: Final = _number("value")
