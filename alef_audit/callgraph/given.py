"""What one call gives the function that it enters: literals, options, records, and what its caller only hands on.

Values are kept as the front ends spell them (`facts/flows.py`).  What is not spelled, or may have been changed before
it is asked for, is unknown.
"""

import re
from collections.abc import Mapping, Set
from typing import Final
from weakref import ref

from alef_audit.callgraph.graph import Edge
from alef_audit.callgraph.handed_over import HandedOver, Options, Surroundings, Value, constant_of
from alef_audit.callgraph.keeping import Read, chain, plain, settled
from alef_audit.callgraph.keywords import Asked, asked_keyword
from alef_audit.callgraph.outer_names import declaring_outside
from alef_audit.callgraph.parameters import within
from alef_audit.callgraph.predicates import Truth, choice, comparison, implied, parse, separated, truth
from alef_audit.callgraph.values import (
    ABSENT,
    FALSE,
    LITERALS,
    NOTHING,
    PRESENT,
    TRUTHY,
    UNKNOWN,
    asked_text,
    changed_text,
    is_equal,
    literal_of,
    told_by,
)
from alef_audit.facts import flows
from alef_audit.facts.file import Condition, ParameterKind

_REQUIRED: Final = {flows.REQUIRED: PRESENT, flows.REQUIRED_TEXT: TRUTHY}
_FALLBACK: Final = re.compile(r"(?P<path>[\w$.]+) (?P<sign>\?\?|\|\||or) (?P<literal>[\w$]+|\"[^\"\\]*\"|'[^'\\]*')")
_LISTED: Final = re.compile(r"\(.*,.*\)|\[.*\]|\{[^:]*\}", re.DOTALL)
_PATH: Final = re.compile(r"[A-Za-z_$][\w$]*(?:\.[\w$]+)?")
_DEPTH: Final = 3
_NOBODY: Final[frozenset[int]] = frozenset()


class Given:
    """One call of a function, as what it hands over decides the function's tests.

    `caller` is the call by which the function that makes it was entered itself, None if any may be meant;
    `asks_caller` tells, after a question, that the answer is up to that.
    """

    __slots__ = (
        "__weakref__",
        "_asked",
        "_caller",
        "_edge",
        "_given",
        "_is_python",
        "_keywords",
        "_reads",
        "_rebound",
        "_surroundings",
        "_unnamed",
        "asks_caller",
    )

    def __init__(self, surroundings: Surroundings, edge: Edge, caller: "Given | None" = None) -> None:
        graph, keeping, *_ = surroundings
        function = edge.callee
        self._surroundings, self._edge, self._caller = surroundings, edge, caller
        self._reads: Mapping[str, list[Read]] = keeping.reads.get(function, {})
        if function in keeping.bound:
            self._reads = {**self._reads, **keeping.bound[function]}
        self._rebound: Set[str] = keeping.rebound.get(function, frozenset())
        self.asks_caller = False
        self._asked = -1
        facts = graph.program.unit_of(function).facts
        self._is_python = facts.language == "python"
        handed = HandedOver(surroundings, edge, ref(self))
        self._given, self._unnamed, self._keywords = handed.given, handed.unnamed, handed.keywords

    def within(self, caller: "Given") -> "Given":
        """This call, made in a function that was entered by `caller`."""
        return Given(self._surroundings, self._edge, caller)

    def resolved(self, value: Value) -> Value:
        """The value of an argument; what the caller hands on only where it is known how that was entered."""
        if not isinstance(value, str):
            return value
        if value == flows.FEW or flows.begun_text(value):
            return TRUTHY
        constant = flows.constant_path(value)
        if constant:
            return constant_of(self._surroundings, self._edge, constant)
        held = flows.tested_path(value) or flows.held_path(value)
        path = held or flows.handed_path(value)
        if not path:
            return value
        told = self._told_by_tests(path) or self._settled_at_call(path)
        if told:
            return told
        if self._surroundings.trusting:
            return UNKNOWN if held else self._declared(path)
        if self._caller is None:
            self.asks_caller = True
            return self._replaced(path)
        return self._caller.holds(path)

    def _replaced(self, name: str) -> str:
        """What is known of a local of the caller where nothing is of what was handed over: `path ?? "."` is there."""
        bound = self._surroundings.keeping.reads.get(self._edge.caller, {}).get(name, ())
        fallback = _FALLBACK.fullmatch(bound[0].value) if len(bound) == 1 else None
        is_rebound = name in self._surroundings.keeping.rebound.get(self._edge.caller, ())
        return PRESENT if fallback is not None and _fills(fallback) and not is_rebound else UNKNOWN

    def _declared(self, path: str) -> str:
        """What the function that makes the call is declared to be given as a parameter, or as a field of one."""
        graph, keeping, _, records, *_ = self._surroundings
        caller, names = self._edge.caller, graph.program.unit_of(self._edge.caller).facts.names
        name, _, field = path.partition(".")
        rebound: Set[str] = keeping.rebound.get(caller, frozenset())
        if name in keeping.reads.get(caller, {}) or name in rebound or path in rebound:
            return UNKNOWN
        for parameter in graph.program.functions[caller].parameters:
            if names[parameter.name] == name and not parameter.kind & ParameterKind.KEYWORDS:
                slots = (graph.table.slot_of(caller, each) for each in parameter.types)
                return _REQUIRED.get(records.required(slots, field) if field else names[parameter.literal], UNKNOWN)
        return UNKNOWN

    def _settled_at_call(self, name: str) -> str:
        """The literal that the function that makes the call has given its parameter before; UNKNOWN if none."""
        graph, call = self._surroundings.graph, self._edge.call
        conditions = graph.program.unit_of(self._edge.caller).facts.conditions
        around = chain(conditions, graph.table.condition(call))
        return settled(self._surroundings.keeping, self._edge.caller, name, graph.table.line(call), around)

    def _settled(self, name: str) -> str:
        """The literal that the function has given its parameter before the test that is asked about."""
        if self._asked < 0:
            return UNKNOWN
        conditions = self._conditions()
        asked = conditions[self._asked]
        around = chain(conditions, asked.parent)
        return settled(self._surroundings.keeping, self._edge.callee, name, asked.line, around)

    def _told_by_tests(self, path: str) -> str:
        """What the tests around the call tell of a name that it hands over; UNKNOWN if nothing."""
        graph, call = self._surroundings.graph, self._edge.call
        innermost = graph.table.condition(call)
        if innermost < 0:
            return UNKNOWN
        conditions = graph.program.unit_of(graph.table.function(call)).facts.conditions
        for index in chain(conditions, innermost):
            each = conditions[index]
            if path in each.text:
                for atom, outcome in implied(parse(each.text), each.holds):
                    told = told_by(plain(atom), path, outcome)
                    if told:
                        return told
        return UNKNOWN

    # --- questions

    def decide(self, index: int) -> bool:
        """Whether this call closes the branch that a condition of the function is about."""
        condition = self._conditions()[index]
        self._asked = index
        outcome = self._evaluate(condition.text)
        self._asked = -1
        return outcome is (not condition.holds)

    def _evaluate(self, text: str, depth: int = 0) -> Truth:
        """What a test of the function gives for this call."""
        return truth(parse(text), lambda atom: self._atom(plain(atom), depth))

    def _conditions(self) -> tuple[Condition, ...]:
        return self._surroundings.graph.program.unit_of(self._edge.callee).facts.conditions

    def _is_changed(self, name: str, path: str) -> bool:
        """Whether a parameter, or a field of one, may have another value than it was given where it is asked for; not
        if only the branch that is asked about gives it one: `if (!held) held = load()`.
        """
        if name not in self._rebound and path not in self._rebound:
            return name in self._reads
        if self._asked < 0 or (name not in self._given and name not in self._unnamed):
            return True
        conditions = self._conditions()
        asked = conditions[self._asked]
        for subject in {name, path}:
            for under in self._surroundings.keeping.rebindings.get((self._edge.callee, subject), ()):
                tests = (conditions[each] for each in chain(conditions, under.condition))
                if not any(
                    each.text == asked.text and each.holds == asked.holds and each.line == asked.line for each in tests
                ):
                    return True
        return False

    def value(self, text: str, depth: int = 0) -> str:
        """The literal spelling of what a parameter, a field or a local gives; UNKNOWN if it is not known."""
        fallback = _FALLBACK.fullmatch(text)
        if fallback is not None:
            value = self.value(fallback["path"], depth)
            if value == UNKNOWN and _fills(fallback):
                return PRESENT
            replaced = value in (NOTHING if fallback["sign"] == "??" else FALSE) and value != UNKNOWN
            return (literal_of(fallback["literal"]) or UNKNOWN) if replaced else value
        asked = asked_keyword(text) if self._keywords is not None else None
        if asked is not None:
            return self._keyword(asked)
        chosen = choice(text)
        if chosen is not None:
            told = self._evaluate(chosen.test, depth)
            return UNKNOWN if told is None else self.value(chosen.chosen if told else chosen.otherwise, depth)
        changed = changed_text(text)
        if changed is not None:
            return changed.of(self.value(changed.subject, depth))
        own = self._settled(text)
        if own:
            return own
        name, _, inner = (text, "", "") if text in self._reads else text.partition(".")
        bound = self._reads.get(name)
        if bound is not None and self._is_changed(name, text):
            if len(bound) != 1 or self._takes_others(name) or depth >= _DEPTH:
                return UNKNOWN
            return self.value(bound[0].value + (f".{inner}" if inner else ""), depth + 1)
        if text in LITERALS:
            return LITERALS[text]
        held = self.held(text)
        return held if isinstance(held, str) else PRESENT if self._is_python else TRUTHY

    def _takes_others(self, name: str) -> bool:
        """Whether a local, or a field that a constructor binds, may take another value besides."""
        program, keeping = self._surroundings.graph.program, self._surroundings.keeping
        function = self._edge.callee
        setting = keeping.setting.get((program.unit_of(function).functions, name), _NOBODY) if "." in name else _NOBODY
        return name in self._rebound or not setting <= {function}

    def holds(self, path: str) -> Value:
        """What a name of the function, or a field of what it stands for, holds."""
        return self.value(path) if path.partition(".")[0] in self._reads else self.held(path)

    def _outer(self, path: str, declaring: int) -> Value:
        """What a name holds that the function `declaring` around this one declares."""
        edge, program = self._edge, self._surroundings.graph.program
        if edge.callee == declaring:
            return self.holds(path)
        if not within(program, edge.caller, declaring):
            return UNKNOWN
        if self._caller is None:
            self.asks_caller = True
            return UNKNOWN
        return self._caller._outer(path, declaring)

    def held(self, path: str) -> Value:
        """What a parameter, or a field of one, holds."""
        if not _PATH.fullmatch(path):
            return UNKNOWN
        name, _, inner = path.partition(".")
        if name not in self._given and name not in self._unnamed and name not in self._reads:
            declaring = declaring_outside(
                self._surroundings.graph.program, self._surroundings.keeping, self._edge.callee, name
            )
            if declaring >= 0:
                return self._outer(path, declaring)
        if self._is_changed(name, path):
            return UNKNOWN
        if name in self._unnamed and not inner:
            value = self.resolved(self._unnamed[name])
            return UNKNOWN if value == ABSENT else value  # the pattern may have a default
        given, default = self._given.get(name, (UNKNOWN, UNKNOWN))
        holder = self.resolved(given)
        holder = default if holder == ABSENT else holder
        if not inner:
            return holder
        if self._keywords is not None and name == self._keywords[0]:
            return self._kept_keyword(inner)
        if isinstance(holder, Options):
            maker = holder.maker()
            return maker.resolved(holder.field(inner)) if maker is not None else UNKNOWN
        if self._surroundings.trusting and isinstance(given, str):
            return self._declared(f"{flows.handed_path(given)}.{inner}")
        return ABSENT if holder == ABSENT else UNKNOWN

    def _keyword(self, asked: Asked) -> str:
        """The literal spelling of what a look-up among the keywords gives that no parameter takes."""
        if self._keywords is None or asked.holder != self._keywords[0]:
            return UNKNOWN
        value = self._kept_keyword(asked.key)
        if value == ABSENT:
            return (literal_of(asked.default) or UNKNOWN) if asked.default else UNKNOWN
        return value if isinstance(value, str) else UNKNOWN

    def _kept_keyword(self, key: str) -> Value:
        """What the keywords that no parameter takes hold, where the function leaves them as they are."""
        keywords, function = self._surroundings.keywords, self._edge.callee
        if self._keywords is None:
            return UNKNOWN
        name, held = self._keywords
        if not keywords.holds_only_given(function, name, key):
            return UNKNOWN
        told = held.field(key)
        is_taken = told != ABSENT and keywords.is_taken_out(function, name, key)
        return UNKNOWN if is_taken else self.resolved(told)

    def _atom(self, text: str, depth: int) -> Truth:
        bound = self._reads.get(text) if self._is_changed(text, text) and not self._settled(text) else None
        if bound is not None and (len(bound) != 1 or self._takes_others(text) or depth >= _DEPTH):
            return None
        if bound is not None and not _FALLBACK.fullmatch(bound[0].value):
            return self._evaluate(bound[0].value, depth + 1)
        chosen = choice(text)
        if chosen is not None:
            told = self._evaluate(chosen.test, depth)
            first = self._evaluate(chosen.chosen, depth) if told is not False else None
            second = self._evaluate(chosen.otherwise, depth) if told is not True else None
            return first if told or first == second else None if told is None else second
        if text in LITERALS:
            return LITERALS[text] not in FALSE
        question = asked_text(text)
        if question is not None:
            return question.holds(self.value(plain(question.subject), depth))
        compared = comparison(text)
        if compared is None:
            value = self.value(text, depth)
            return None if value in (UNKNOWN, PRESENT) else value not in FALSE
        if compared.sign in ("in", "not in"):
            held = self._is_among(compared.left, compared.right, depth)
            return None if held is None else held == (compared.sign == "in")
        if compared.sign not in ("==", "!="):
            return None
        right, other = self._literal(compared.right), compared.left
        if right is None:
            right, other = self._literal(compared.left), compared.right
        value = self.value(plain(other), depth) if right is not None else UNKNOWN
        same = is_equal(value, right, is_strict="===" in text or "!==" in text) if right is not None else None
        return None if same is None else same == (compared.sign == "==")

    def _literal(self, text: str) -> str | None:
        """The literal that `text` is, or that a constant of that name stands for; None if it is neither."""
        name = text.partition(".")[0]
        if name in self._given or name in self._reads or name in self._unnamed:
            return None
        return literal_of(text) or self._surroundings.literals.of(self._edge.callee, text) or None

    def _is_among(self, text: str, listed: str, depth: int) -> Truth:
        """Whether a value is one of the literals that are listed, `("a", Kind.B)`, or a keyword one of the others."""
        key = literal_of(text)
        if key is not None and self._keywords is not None and listed == self._keywords[0]:
            found = self._keyword(Asked(listed, key[1:], "None"))
            return False if found == flows.NULL and key[1:] not in self._keywords[1].values else None
        if not _LISTED.fullmatch(listed) or not self._is_python:
            return None
        value = self.value(plain(text), depth)
        if value == UNKNOWN:
            return None
        among = [self._literal(each.strip()) for each in separated(listed[1:-1]) if each.strip()]
        same = [None if each is None else is_equal(value, each, is_strict=False) for each in among]
        return True if True in same else None if None in same else False


def _fills(fallback: re.Match[str]) -> bool:
    """Whether a literal takes the place of nothing, so that there is something in any case: `path ?? "."`."""
    return fallback["sign"] == "??" and literal_of(fallback["literal"]) not in (None, *NOTHING)
