"""What classes derive from: superclasses of the program, and those of libraries."""

from alef_audit.callgraph import tokens
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT


def declares(state: State, index: int, name: int) -> bool:
    """Whether a class or a superclass of the program defines the member itself."""
    return state.classes.declares(index, name)


def external_bases(state: State, index: int) -> list[int]:
    """API nodes of the classes outside the program that a class derives from, at any distance."""
    return [value >> SHIFT for value in state.classes.order(index) if value & MASK == tokens.EXTERNAL]
