"""What flows down a path: which of its calls get something that a dispatch brings along, or that a loop varies."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

from alef_audit.auditing.phase import split_words
from alef_audit.auditing.rounds import starts_at
from alef_audit.auditing.steps import Step, Steps
from alef_audit.callgraph.loops import Ranged
from alef_audit.facts.file import Function
from alef_audit.facts.inputs import RECEIVER, CallInputs, FunctionInputs, Origins


class Mark(NamedTuple):
    """Something that differs: from dispatch to dispatch, from object to object, in a loop; or nobody knows what."""

    kind: Literal["dispatch", "object", "loop", "unknown"]
    step: int = 0
    line: int = 0  # of the loop; 0 for one that the call itself is (`xs.map(f)`)


Marks = frozenset[Mark]
NOTHING: Final[Marks] = frozenset()
_DISPATCH: Final[Marks] = frozenset((Mark("dispatch"),))
_OBJECT: Final[Marks] = frozenset((Mark("object"),))
UNKNOWN: Final[Marks] = frozenset((Mark("unknown"),))
_Given = dict[int, Marks]  # by number of the parameter


def marks_along(
    steps: Steps, path: Sequence[Step], inputs: Mapping[int, FunctionInputs], volatile: frozenset[str]
) -> tuple[Marks, ...]:
    """By step, what its call is given: the marks of all arguments and of the object that the call is made on."""
    found: list[Marks] = []
    entered: list[_Given] = []
    given: _Given = dict.fromkeys(range(len(steps.facts(path[0]).parameters)), _DISPATCH) | {RECEIVER: _OBJECT}
    for at, step in enumerate(path):
        entered.append(given)
        read = inputs.get(step.function)
        call = _call(read, step)
        if read is None or call is None:
            found.append(UNKNOWN)
            given = _unknown(steps, path, at)
            continue
        scope = _Scope(steps, path, inputs, volatile, entered)
        receiver = scope.marks(call.receiver, at)
        arguments = [scope.marks(argument.origins, at) for argument in call.arguments]
        found.append(receiver.union(*arguments))
        if at + 1 < len(path):
            given = _handed(steps, path, at, call, receiver, arguments)
    return tuple(found)


def _call(read: FunctionInputs | None, step: Step) -> CallInputs | None:
    for call in read.calls if read is not None else ():
        if (call.line, call.column) == (step.frame.line, step.frame.column):
            return call
    return None


def _unknown(steps: Steps, path: Sequence[Step], at: int) -> _Given:
    if at + 1 == len(path):
        return {}
    return dict.fromkeys(range(len(steps.facts(path[at + 1]).parameters)), UNKNOWN) | {RECEIVER: UNKNOWN}


def _handed(
    steps: Steps, path: Sequence[Step], at: int, call: CallInputs, receiver: Marks, arguments: Sequence[Marks]
) -> _Given:
    """What the next function of the path is given, by parameter."""
    facts = steps.facts(path[at + 1])
    everything = receiver.union(*arguments)
    if path[at].frame.how == "callback":
        loop = frozenset((Mark("loop", at),)) if _loops_itself(steps, path[at]) else _DISPATCH
        return dict.fromkeys(range(len(facts.parameters)), everything | loop) | {RECEIVER: everything | _OBJECT}
    names = _parameter_names(steps, path[at + 1], facts)
    given: _Given = {RECEIVER: everything if path[at].frame.call.startswith("new ") else receiver | _OBJECT}
    position = 0
    for argument, marks in zip(call.arguments, arguments, strict=True):
        number = names.index(argument.label) if argument.label in names else position
        position += not argument.label
        number = min(number, max(0, len(names) - 1))
        given[number] = given.get(number, NOTHING) | marks
    return given


def _parameter_names(steps: Steps, step: Step, facts: Function) -> list[str]:
    names = steps.graph.program.unit_of(step.function).facts.names
    return [names[parameter.name] for parameter in facts.parameters]


def loop_lines(steps: Steps, step: Step) -> tuple[int, ...]:
    """The lines of the loops around the step's call in its function, outermost first; 0 for one that it is itself."""
    if step.call < 0:
        return ()
    lines = starts_at(steps.graph, step.call)
    return (*lines, 0) if len(step.frame.loop) > len(lines) else tuple(lines)


def multiplying(steps: Steps, step: Step) -> tuple[tuple[int, str], ...]:
    """Those of the loops around the step's call that multiply: the line, as above, and what they range over."""
    lines, names = loop_lines(steps, step), step.frame.loop
    if len(lines) != len(names):
        return ()
    loops = {loop.line: loop for loop in steps.graph.program.unit_of(step.function).facts.loops}
    found = []
    for line, name in zip(lines, names, strict=True):
        known = loops.get(line)
        ranged = Ranged(known.over, known.each, known.test, known.few) if line and known is not None else Ranged(name)
        if steps.graph.loops.multiplicity.multiplies(ranged):
            found.append((line, name))
    return tuple(found)


def _loops_itself(steps: Steps, step: Step) -> bool:
    return 0 in loop_lines(steps, step)


class _Scope(NamedTuple):
    steps: Steps
    path: Sequence[Step]
    inputs: Mapping[int, FunctionInputs]
    volatile: frozenset[str]
    entered: Sequence[_Given]

    def marks(self, origins: Origins, at: int) -> Marks:
        """What the origins of a value in the function of step `at` amount to."""
        found: set[Mark] = set()
        for origin in origins:
            if origin.kind == "parameter":
                found |= self.entered[at].get(origin.number, NOTHING)
            elif origin.kind == "loop":
                found.add(Mark("loop", at, origin.number))
            elif origin.kind == "captured":
                found |= self._captured(origin.name, at)
            elif not self.volatile.isdisjoint(split_words(origin.name)):
                found |= _DISPATCH
        return frozenset(found)

    def _captured(self, name: str, at: int) -> Marks:
        """A variable of an enclosing function, if that is on the path."""
        program = self.steps.graph.program
        unit, parent = program.unit_of(self.path[at].function), self.steps.facts(self.path[at]).parent
        while parent > 0:
            outer = unit.functions + parent
            for above in range(at - 1, -1, -1):
                read = self.inputs.get(outer)
                if self.path[above].function == outer and read is not None:
                    variables = dict(read.variables)
                    if name in variables:
                        return self.marks(variables[name], above)
            parent = program.functions[outer].parent
        return UNKNOWN
