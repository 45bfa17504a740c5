"""What the functions of a program keep, read off the facts: stores, clearings and reads, by function."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from alef_audit.callgraph.predicates import separated
from alef_audit.callgraph.program import Program, Unit
from alef_audit.facts import flows, kept
from alef_audit.facts.file import Condition, ParameterKind
from alef_audit.frontends.words import names_cache

CONSTRUCTORS: Final = ("__init__", "constructor")
_MARKS: Final = re.compile(r"!(?=[.\[)]|$)|\?\.(?=[\[(])|\s+as\s+[^()]*$|\?(?=\.)")
_FIRST: Final = re.compile(r"[\w$#]+")
_SECONDS: Final = {"days": 86400.0, "hours": 3600.0, "minutes": 60.0, "seconds": 1.0, "milliseconds": 0.001}
_DELTA: Final = re.compile(r"(days|hours|minutes|seconds|milliseconds)=([\d_.]+)")
_FACTORS: Final = 8
_PATH: Final = re.compile(r"[A-Za-z_$#][^\s()]*")
_ASKED: Final = re.compile(
    r"(?:await )?[\w$.]*\b_?(?:async_)?(?:get|find|lookup|query|select|search|fetch)[A-Z_][\w$]*\(.*",
    re.ASCII | re.DOTALL,
)
_MATCHED: Final = re.compile(r"\.(?:match|exec|fullmatch)\(|\bre\.search\(")
_CACHED: Final = re.compile(
    r"(?P<of>[\w$.]+)\.(?P<member>(?:a?sync_?)?(?:get|read|fetch|load|look_?up)(?:_\w+|[A-Z]\w*))"
    r"\((?:key=)?(?P<key>[^,()]+|[^,()]*\([^()]*\)[^,()]*)(?:,.*)?\)",
    re.DOTALL,
)
_LOOKED_UP: Final = re.compile(r"[\w$.]+(?:\.get\([^()]*\)|\[[^\[\]]*\])")


class Place(NamedTuple):
    """Where a value is kept: a variable, a field, or an entry of a collection (`key` is not "")."""

    subject: str
    key: str
    base: str  # the name that the subject starts with
    owner: int  # program-wide function that declares it, or a constant of facts.kept
    slot: int = 0  # of the name, in the program; 0 if it is not known


class Touch(NamedTuple):
    """One store into a place, or one clearing of it."""

    place: Place
    function: int
    condition: int  # in the unit's table, -1 = none
    line: int
    value: str  # what was stored, where it speaks of time or is the object itself


class Read(NamedTuple):
    """What a local was bound to, and who declares the name that this starts with."""

    value: str
    owner: int
    slot: int


class Held(NamedTuple):
    """The call whose value a local holds: what is called, as written, and the line where its name stands."""

    callee: str
    line: int


class Chosen(NamedTuple):
    """The test by which a local takes something, or nothing, and what it gives for something."""

    test: str
    holds: bool


class Literal(NamedTuple):
    """What a constant is, as `facts.flows` spells it, "" if it takes several values; and how it compares."""

    value: str
    compares: str  # see facts.kept.AS_VALUE


class Rebinding(NamedTuple):
    """One place where a variable takes another value."""

    condition: int  # under which it does, -1 = any
    line: int
    value: str  # the literal, see facts.kept.REBOUND


class Loan(NamedTuple):
    """One call that is handed a place as its first argument."""

    place: Place
    function: int
    condition: int
    line: int
    callee: str  # the name that is called
    others: tuple[str, ...]  # the other arguments, as written


@dataclass(slots=True)
class Keeping:
    stores: dict[int, list[Touch]] = field(default_factory=dict)
    clears: dict[int, list[Touch]] = field(default_factory=dict)
    loans: dict[int, list[Loan]] = field(default_factory=dict)
    reads: dict[int, dict[str, list[Read]]] = field(default_factory=dict)  # by function and local
    bound: dict[int, dict[str, list[Read]]] = field(default_factory=dict)  # by constructor and field of the object
    held: dict[int, dict[str, Held]] = field(default_factory=dict)  # by function and local that an early exit tests
    # by function and local that is bound once: what decides whether it holds something
    chosen: dict[int, dict[str, Chosen]] = field(default_factory=dict)
    loaded: dict[int, dict[str, list[str]]] = field(default_factory=dict)  # as `reads`: what speaks of a file's text
    rebound: dict[int, set[str]] = field(default_factory=dict)  # by declaring function: what takes other values
    # by declaring function and what takes other values
    rebindings: dict[tuple[int, str], list[Rebinding]] = field(default_factory=dict)
    # by the first function of the file and the qualified name of a class: literal defaults of its fields
    fields: dict[tuple[int, str], dict[str, str]] = field(default_factory=dict)
    required: dict[tuple[int, str], dict[str, str]] = field(default_factory=dict)  # what others must hold, as `fields`
    # by the first function of the file and the spelling: literals of constants and of members of enumerations
    literals: dict[int, dict[str, Literal]] = field(default_factory=dict)
    # by the first function of the file and a field of the object, `self.x`: the functions that store something in it
    setting: dict[tuple[int, str], set[int]] = field(default_factory=dict)
    shadowing: dict[int, set[str]] = field(default_factory=dict)  # by function: names that one around it declares too
    constants: dict[str, float | None] = field(default_factory=dict)  # None: several modules disagree


def keeping(program: Program) -> Keeping:
    """Everything that the functions of `program` keep."""
    result = Keeping()
    for unit in program.units:
        if unit.facts.kept:
            _add(result, program, unit)
    for function, chosen in result.chosen.items():
        for local in result.rebound.get(function, set()).intersection(chosen):
            del chosen[local]
    return result


def _add(result: Keeping, program: Program, unit: Unit) -> None:
    names = unit.facts.names
    for row in kept.rows(unit.facts.kept):
        function = row.function + unit.functions
        owner = row.owner + unit.functions if row.owner >= 0 else row.owner
        slot = unit.slots + row.slot if row.slot else 0
        if row.kind == kept.NUMBER:
            value = number(names[row.value])
            known = result.constants.setdefault(names[row.subject], value)
            if known != value:
                result.constants[names[row.subject]] = None
        elif row.kind == kept.READ:
            found = result.reads.setdefault(function, {})
            found.setdefault(names[row.subject], []).append(Read(_as_look_up(plain(names[row.value])), owner, slot))
        elif row.kind == kept.BOUND:
            fields = result.bound.setdefault(function, {})
            fields.setdefault(names[row.subject], []).append(Read(plain(names[row.value]), owner, slot))
        elif row.kind == kept.SHADOW:
            result.shadowing.setdefault(function, set()).add(names[row.subject])
        elif row.kind == kept.CHOSEN:
            chosen = Chosen(names[row.value], row.key == 0)
            result.chosen.setdefault(function, {})[names[row.subject]] = chosen
        elif row.kind == kept.HELD:
            result.held.setdefault(function, {})[names[row.subject]] = Held(names[row.value], row.line)
        elif row.kind == kept.LOADED:
            speaking = result.loaded.setdefault(function, {})
            speaking.setdefault(names[row.subject], []).append(plain(names[row.value]))
        elif row.kind == kept.REBOUND:
            _rebind(result, row, owner, plain(names[row.subject]), function, names)
        elif row.kind == kept.FIELD:
            spelled = names[row.value]
            declared = result.required if spelled in flows.REQUIREMENTS else result.fields
            declared.setdefault((unit.functions, names[row.key]), {})[names[row.subject]] = spelled
        elif row.kind == kept.LITERAL:
            literals = result.literals.setdefault(unit.functions, {})
            literal = Literal(names[row.value], names[row.key])
            if literals.setdefault(names[row.subject], literal) != literal:
                literals[names[row.subject]] = Literal("", "")
        elif row.kind == kept.LENT:
            subject = plain(names[row.subject])
            place = _place(result, function, Place(subject, "", first_name(subject), owner, slot))
            loan = Loan(place, function, row.condition, row.line, names[row.value], arguments(names[row.key]))
            result.loans.setdefault(function, []).append(loan)
        else:
            subject = plain(names[row.subject])
            if owner > unit.functions and not (row.key and _collects_keywords(program, owner, subject)):
                _rebind(result, row, owner, subject, function, names)
            if owner == kept.RECEIVER and not row.key:
                result.setting.setdefault((unit.functions, subject), set()).add(function)
            place = _place(result, function, Place(subject, plain(names[row.key]), first_name(subject), owner, slot))
            touches = result.stores if row.kind == kept.STORE else result.clears
            touch = Touch(place, function, row.condition, row.line, names[row.value])
            touches.setdefault(function, []).append(touch)


def _rebind(result: Keeping, row: kept.Row, owner: int, subject: str, function: int, names: tuple[str, ...]) -> None:
    result.rebound.setdefault(owner, set()).add(subject)
    value = names[row.value] if row.kind == kept.REBOUND and function == owner else ""
    each = Rebinding(row.condition if function == owner else -1, row.line, value)
    result.rebindings.setdefault((owner, subject), []).append(each)


def _collects_keywords(program: Program, function: int, name: str) -> bool:
    """Whether `name` is the parameter of a function that takes the keywords that no other takes."""
    if function < 0 or not program.functions[function].parameters:
        return False
    last = program.functions[function].parameters[-1]
    return bool(last.kind & ParameterKind.KEYWORDS) and program.unit_of(function).facts.names[last.name] == name


def _place(result: Keeping, function: int, place: Place) -> Place:
    """The place, through a local that only stands for another one: `const store = this.cache; store.set(…)`."""
    if place.owner == function:
        for value, owner, slot in result.reads.get(function, {}).get(place.base, ()):
            if _LOOKED_UP.fullmatch(value):
                return place._replace(base=first_name(value), owner=owner, slot=slot)
            if _PATH.fullmatch(value):
                subject = value + place.subject.removeprefix(place.base)
                return Place(subject, place.key, first_name(value), owner, slot)
    return place


def arguments(text: str) -> tuple[str, ...]:
    """The arguments of a call, as written between its parentheses."""
    return tuple(part.strip() for part in separated(text))


def first_name(text: str) -> str:
    found = _FIRST.match(text)
    return found.group() if found else ""


def plain(text: str) -> str:
    """`text` without optional chaining, assertions that something is there, and casts."""
    text = text.strip().removeprefix("await ")
    if "!" in text or "?" in text or "as" in text:  # most have no marks, and looking costs more than telling so
        text = _MARKS.sub("", text)
    return text.strip()


def _as_look_up(text: str) -> str:
    """The look-up in a cache that has names of its own for that, spelled as one in a collection: `cache.get(key)`."""
    asked = _CACHED.fullmatch(text) if "(" in text and names_cache(text) else None
    if asked is None or not names_cache(f"{asked['of'].rpartition('.')[2]} {asked['member']}"):
        return text
    return f"{asked['of']}.get({asked['key'].strip()})"


def number(text: str) -> float | None:
    """The value of a number or a product of numbers; of a timedelta its seconds. None for other texts."""
    if "timedelta" in text:
        parts = _DELTA.findall(text)
        return sum(_SECONDS[unit] * float(amount.replace("_", "")) for unit, amount in parts) if parts else None
    factors = text.replace("_", "").replace("(", " ").replace(")", " ").split("*")
    if len(factors) > _FACTORS:
        return None
    result = 1.0
    for factor in factors:
        try:
            result *= float(factor)
        except ValueError:
            return None
    return result


def asked_locals(keeping: Keeping, functions: Iterable[int]) -> dict[tuple[int, str], str]:
    """The locals of some functions, by function and name, that hold what a text was matched with, as written, or, with
    "", what was looked for.
    """
    found = {}
    for function in functions:
        for local, bound in keeping.reads.get(function, {}).items():
            values = {_ASKED.sub("", read.value) for read in bound}
            if "" in values:
                found[function, local] = ""
            elif len(values) == 1 and _MATCHED.search(bound[0].value):
                found[function, local] = bound[0].value
    return found


def tests_around(conditions: tuple[Condition, ...], index: int) -> int:
    """How many tests have to hold for a place in a function, early exits aside."""
    return sum(not conditions[each].exits for each in chain(conditions, index))


def chain(conditions: tuple[Condition, ...], index: int) -> Iterator[int]:
    """The conditions around a place in a function, from the innermost on."""
    while index >= 0:
        yield index
        index = conditions[index].parent


def settled(keeping: Keeping, function: int, name: str, line: int, around: Iterable[int]) -> str:
    """The literal that a parameter has at a line of its function, under the conditions `around`, as it is all that the
    function assigns to it and is assigned before whatever happens; "" if there is none.
    """
    bound = keeping.rebindings.get((function, name), ())
    under = {-1, *around} if bound else ()
    is_before = any(each.line < line and each.condition in under for each in bound)
    values = {each.value for each in bound} if is_before else ()
    return next(iter(values)) if len(values) == 1 else ""
