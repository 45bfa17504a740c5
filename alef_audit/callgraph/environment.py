"""Tests of environment variables in the conditions around a call: `process.env.X`, `os.environ.get("X")`.

Which variables a deployment sets nobody knows, but those that only a test run sets are not set in production
(`VITEST`, `NODE_ENV === "test"`, `PYTEST_CURRENT_TEST`): what stands below such a test runs in tests only.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import translate
from typing import Final

from alef_audit.callgraph.graph import CallGraph
from alef_audit.callgraph.keeping import Keeping, Read, chain, plain
from alef_audit.callgraph.predicates import Truth, comparison, parse, truth
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
_DEPTH: Final = 3


class _Environment:
    """What tests give where no variable of a test run is set."""

    __slots__ = ("_of_product", "_of_tests", "_words")

    def __init__(self, words: GuardWords) -> None:
        self._words = words
        self._of_tests = _any(words.test_variables)
        self._of_product = _any(words.product_variables)

    def evaluate(self, text: str, reads: Mapping[str, list[Read]], depth: int = 0) -> Truth:
        """The truth of a test; `reads` says what locals were bound to."""
        return truth(parse(text), lambda atom: self._atom(plain(atom), reads, depth))

    def _atom(self, text: str, reads: Mapping[str, list[Read]], depth: int) -> Truth:
        bound = reads.get(text, ())
        if len(bound) == 1 and depth < _DEPTH:
            return self.evaluate(bound[0].value, reads, depth + 1)
        found = comparison(text)
        if found is None:
            return False if self._is_unset(text) else None
        if found.sign in ("in", "not in"):
            held = self._is_contained(found.left, found.right)
            return None if held is None else held == (found.sign == "in")
        same = self._is_same(found.left, found.right)
        return None if same is None or found.sign not in ("==", "!=") else same == (found.sign == "==")

    def _is_unset(self, text: str) -> bool:
        """Whether `text` reads a variable that only test runs set."""
        read = _READ.fullmatch(text)
        return read is not None and self._is_of_tests(_name(read))

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
    closed = _closed(graph, keeping, _Environment(words))
    if not closed:
        return graph
    return replace(
        graph,
        edges=tuple(edge for edge in graph.edges if edge.call not in closed and closed.isdisjoint(edge.via)),
        sinks=tuple(sink for sink in graph.sinks if sink.call not in closed and closed.isdisjoint(sink.via)),
    )


def _closed(graph: CallGraph, keeping: Keeping, environment: _Environment) -> set[int]:
    """The calls that no production run makes."""
    program, table = graph.program, graph.table
    asking = _asking(keeping)
    told = [
        {index for index, each in enumerate(unit.facts.conditions) if _may_decide(each.text)} for unit in program.units
    ]
    found: set[int] = set()
    decided: dict[tuple[int, int], bool] = {}
    rows = zip(table.functions, table.conditions, strict=True)
    for call, (function, innermost) in enumerate(rows):
        asked, names = told[program.function_unit[function]], asking.get(function)
        if innermost < 0 or not (asked or names):
            continue
        key = (function, innermost)
        if key not in decided:
            conditions, reads = program.unit_of(function).facts.conditions, keeping.reads.get(function, {})
            decided[key] = any(
                environment.evaluate(conditions[each].text, reads) is (not conditions[each].holds)
                for each in chain(conditions, innermost)
                if each in asked or (names and not names.isdisjoint(_NAME.findall(conditions[each].text)))
            )
        if decided[key]:
            found.add(call)
    return found


def _may_decide(text: str) -> bool:
    """Whether a test names the environment or what is imported; most do not, and two substrings tell."""
    return ("env" in text or "modules" in text) and _DECIDING.search(text) is not None


def _asking(keeping: Keeping) -> dict[int, set[str]]:
    """By function, the names of locals that hold what the environment says."""
    found: dict[int, set[str]] = {}
    for function, reads in keeping.reads.items():
        for local, bound in reads.items():
            if any("env" in read.value and _SOURCES.search(read.value) for read in bound):
                found.setdefault(function, set()).add(local)
    return found
