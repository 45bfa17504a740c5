"""Names that a nested function takes from one around it: what `options` is in `read: () => load(options.path)`."""

from collections.abc import Iterator

from alef_audit.callgraph.keeping import Keeping
from alef_audit.callgraph.parameters import parent_of
from alef_audit.callgraph.program import Program


def around(program: Program, function: int) -> Iterator[int]:
    """The functions that a function is nested in, from the innermost on, without the body of the module."""
    outer = parent_of(program, function)
    while outer >= 0 and program.functions[outer].parent >= 0:
        yield outer
        outer = parent_of(program, outer)


def declaring_outside(program: Program, keeping: Keeping, function: int, name: str) -> int:
    """The function around another one that declares a name of it, as far as what it holds may be known; -1 if that is
    none: the name is the module's, or one of the functions in between has another thing of that name.
    """
    for outer in around(program, function):
        if name in keeping.shadowing.get(function, ()):
            return -1
        names = program.unit_of(outer).facts.names
        named = [names[parameter.name] for parameter in program.functions[outer].parameters]
        if name in named or "" in named or name in keeping.reads.get(outer, ()):
            return outer
        function = outer
    return -1
