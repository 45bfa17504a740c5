"""What `this` and `self` stand for in a function that is stored in an object or a class."""

from alef_audit.callgraph import tokens
from alef_audit.callgraph.program import Program
from alef_audit.callgraph.tokens import token
from alef_audit.facts.file import Function, FunctionFlag


def receptive(program: Program) -> set[int]:
    """The FUNCTION tokens that are told what they are methods of: plain functions that mention their receiver, class
    methods, and Python's functions whose first parameter is called `self`.
    """
    return {
        token(tokens.FUNCTION, unit.functions + offset)
        for unit in program.units
        for offset, facts in enumerate(unit.facts.functions)
        if (facts.receiver and (facts.owner < 0 or facts.flags & FunctionFlag.CLASSMETHOD))
        or is_method_to_be(facts, unit.facts.names)
    }


def is_method_to_be(facts: Function, names: tuple[str, ...]) -> bool:
    """Whether a function outside a class is written to become a method: called on the class instead, it gets any
    argument there, so the name of its first parameter tells.
    """
    first = facts.parameters[0] if facts.parameters else None
    return first is not None and not first.kind and facts.owner < 0 and names[first.name] == "self"
