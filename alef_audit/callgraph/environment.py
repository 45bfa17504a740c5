"""Tests of environment variables in the conditions around a call: `process.env.X`, `os.environ.get("X")`.

Which variables a deployment sets nobody knows, but those that only a test run sets are not set in production
(`VITEST`, `NODE_ENV === "test"`, `PYTEST_CURRENT_TEST`): what stands below such a test runs in tests only.  So does
what a flag asks for that is named after such a variable and handed down (`isFastTestEnv`), and the field of that name
which a class of settings declares to be off (`TESTING: bool = False`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import translate
from typing import Final

from alef_audit.callgraph.graph import CallGraph
from alef_audit.callgraph.keeping import Keeping, Read, chain, plain
from alef_audit.callgraph.predicates import Truth, atoms, comparison, parse, truth
from alef_audit.callgraph.recall import words_in
from alef_audit.facts.file import Condition
from alef_audit.rulepack.guards import GuardWords

_HOLDER: Final = r"(?:(?:\w+\.)*(?:process|import\.meta)\??\.env|(?:os\.)?environ|(?<![\w$.])env)"
_NAMED: Final = r"""["'](?P<{}>\w+)["']"""
_DEFAULT: Final = r"""(?:, *(?P<{}>None|""|''|False))?"""
_READ: Final = re.compile(
    rf"{_HOLDER}\??\.(?!get\()(?P<member>[A-Z_][A-Z0-9_]*)"
    rf"|{_HOLDER}(?:\?\.)?\[{_NAMED.format('key')}\]"
    rf"|(?:{_HOLDER}\.get|(?:os\.)?getenv)\({_NAMED.format('got')}{_DEFAULT.format('fallback')}\)"
)
_SOURCES: Final = re.compile(
    r"process\??\.env\b|import\.meta\.env\b|\bos\.environ\b|\benviron\b|\bgetenv\(|(?<![\w$.])env\??\.[A-Z_]{2}"
)
_DECIDING: Final = re.compile(_SOURCES.pattern + r"|\bmodules\b")
_QUOTED: Final = re.compile(r"""(["'`])(?P<text>[^"'`\\]*)\1""")
_MODULES: Final = frozenset(("sys.modules", "modules"))
_HOLDERS: Final = frozenset(("os.environ", "environ", "process.env", "env"))
_UNSET: Final = frozenset(("null", "undefined", "None"))
_NAME: Final = re.compile(r"[A-Za-z_$][\w$]*")
_SETTING: Final = re.compile(r"(?:[\w$]+\??\.)+(?P<name>[A-Z][A-Z0-9_]*)")
_FLAG: Final = re.compile(r"(?:[\w$]+\??\.)*(?P<name>[\w$]+)(?:\([^()]*\))?")
_DEPTH: Final = 3


class _Environment:
    """What tests give where no variable of a test run is set."""

    __slots__ = ("_flags", "_marks", "_of_product", "_of_tests", "_off", "_words")

    def __init__(self, words: GuardWords, declared: Iterable[Mapping[str, str]]) -> None:
        self._words = words
        self._of_tests = _any(words.test_variables)
        self._of_product = _any(words.product_variables)
        self._off = frozenset(
            name
            for fields in declared
            for name, value in fields.items()
            if value == "false" and self._is_of_tests(name)
        )
        self._flags = tuple(f" {phrase} " for phrase in words.test_flags)
        self._marks = tuple(phrase.replace(" ", "") for phrase in words.test_flags)

    def evaluate(self, text: str, reads: Mapping[str, list[Read]], depth: int = 0) -> Truth:
        """The truth of a test; `reads` says what locals were bound to."""
        return truth(parse(text), lambda atom: self._atom(plain(atom), reads, depth))

    def _atom(self, text: str, reads: Mapping[str, list[Read]], depth: int) -> Truth:
        bound = reads.get(text, ())
        if len(bound) == 1 and depth < _DEPTH:
            return self.evaluate(bound[0].value, reads, depth + 1)
        found = comparison(text)
        if found is None:
            return False if self._is_unset(text) or self.is_flag(text) or self._is_off(text) else None
        if found.sign in ("in", "not in"):
            held = self._is_contained(found.left, found.right)
            return None if held is None else held == (found.sign == "in")
        same = self._is_same(found.left, found.right)
        return None if same is None or found.sign not in ("==", "!=") else same == (found.sign == "==")

    def may_decide(self, text: str) -> bool:
        """Whether a test names the environment, what is imported, or a flag; most do not, and few substrings tell."""
        if ("env" in text or "modules" in text) and _DECIDING.search(text) is not None:
            return True
        if any(name in text for name in self._off):
            return True
        if "est" not in text:
            return False
        joined = text.lower().replace("_", "")
        return any(mark in joined for mark in self._marks) and any(map(self.is_flag, map(plain, atoms(parse(text)))))

    def _is_unset(self, text: str) -> bool:
        """Whether `text` reads a variable that only test runs set."""
        read = _READ.fullmatch(text)
        return read is not None and self._is_of_tests(_name(read))

    def _is_off(self, text: str) -> bool:
        """Whether `text` reads a field of settings that only test runs turn on: `settings.TESTING`."""
        named = _SETTING.fullmatch(text) if self._off else None
        return named is not None and named["name"] in self._off

    def is_flag(self, text: str) -> bool:
        """Whether `text` is a variable, a field or a call whose name tells of a test run: `params.isFastTestEnv`."""
        if "est" not in text:
            return False
        named = _FLAG.fullmatch(text)
        spoken = f" {' '.join(words_in(named['name']))} " if named is not None else ""
        return any(phrase in spoken for phrase in self._flags)

    def _is_of_tests(self, name: str) -> bool:
        return bool(self._of_tests.fullmatch(name)) and not self._of_product.fullmatch(name)

    def _is_same(self, left: str, right: str) -> Truth:
        read, quoted = _READ.fullmatch(left), _QUOTED.fullmatch(right)
        if read is None:
            return None
        if self._is_of_tests(_name(read)):
            if quoted is not None:
                return False if quoted["text"] or read["fallback"] is None else None
            return True if right in _UNSET and read["fallback"] in (None, "None") else None
        is_stage = quoted is not None and _name(read) in self._words.stage_variables
        return False if is_stage and quoted is not None and quoted["text"] in self._words.test_stages else None

    def _is_contained(self, left: str, right: str) -> Truth:
        quoted = _QUOTED.fullmatch(left)
        if quoted is None:
            return None
        if right in _MODULES:
            return False if quoted["text"] in self._words.test_modules else None
        return False if right in _HOLDERS and self._is_of_tests(quoted["text"]) else None


def _any(globs: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, globs)))


def _name(read: re.Match[str]) -> str:
    return read["member"] or read["key"] or read["got"]


def environment_tests(conditions: tuple[Condition, ...], index: int) -> list[Condition]:
    """The conditions on the way out from `index` that ask for an environment variable."""
    return [conditions[each] for each in chain(conditions, index) if _SOURCES.search(conditions[each].text)]


def without_tests(graph: CallGraph, keeping: Keeping, words: GuardWords) -> CallGraph:
    """`graph` without the calls that run only where a variable is set that test runs set."""
    environment = _Environment(words, keeping.fields.values())
    closed, always = _closed(graph, keeping, environment)
    if not (closed or always):
        return graph
    return replace(
        graph,
        untold=graph.untold | always,
        edges=tuple(edge for edge in graph.edges if edge.call not in closed and closed.isdisjoint(edge.via)),
        sinks=tuple(sink for sink in graph.sinks if sink.call not in closed and closed.isdisjoint(sink.via)),
    )


def _closed(
    graph: CallGraph, keeping: Keeping, environment: _Environment
) -> tuple[set[int], frozenset[tuple[int, int]]]:
    """The calls that no production run makes, and the conditions that hold in each, by function."""
    program, table = graph.program, graph.table
    asking = _asking(keeping)
    told = [
        {index for index, each in enumerate(unit.facts.conditions) if environment.may_decide(each.text)}
        for unit in program.units
    ]
    found: set[int] = set()
    always: set[tuple[int, int]] = set()
    decided: dict[tuple[int, int], bool] = {}
    rows = zip(table.functions, table.conditions, strict=True)
    for call, (function, innermost) in enumerate(rows):
        asked, names = told[program.function_unit[function]], asking.get(function)
        if innermost < 0 or not (asked or names):
            continue
        key = (function, innermost)
        if key not in decided:
            conditions, reads = program.unit_of(function).facts.conditions, keeping.reads.get(function, {})
            outcomes = {
                each: environment.evaluate(conditions[each].text, reads)
                for each in chain(conditions, innermost)
                if each in asked or (names and not names.isdisjoint(_NAME.findall(conditions[each].text)))
            }
            decided[key] = any(outcome is (not conditions[each].holds) for each, outcome in outcomes.items())
            always.update(
                (function, each) for each in outcomes.keys() & asked if outcomes[each] is conditions[each].holds
            )
        if decided[key]:
            found.add(call)
    return found, frozenset(always)


def _asking(keeping: Keeping) -> dict[int, set[str]]:
    """By function, the names of locals that hold what the environment says."""
    found: dict[int, set[str]] = {}
    for function, reads in keeping.reads.items():
        for local, bound in reads.items():
            if any("env" in read.value and _SOURCES.search(read.value) for read in bound):
                found.setdefault(function, set()).add(local)
    return found
