"""The tests under which the calls of a path run, as far as they tell a reader when the path is taken."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain as joined
from typing import Final, NamedTuple

from msgspec import structs

from alef_audit.auditing.handed_tests import tests_of_arguments
from alef_audit.callgraph.early import answers_before, exits_beside, exits_that_tell, is_member_test
from alef_audit.callgraph.environment import environment_tests
from alef_audit.callgraph.graph import CallGraph, Edge, SinkSite
from alef_audit.callgraph.guards import BIT
from alef_audit.callgraph.keeping import chain, plain, tests_around
from alef_audit.callgraph.platforms import SETTING, asks_platform, platform_tests
from alef_audit.callgraph.predicates import (
    Atom,
    Junction,
    Not,
    alternatives,
    atoms,
    comparison,
    implied,
    parse,
    unwrapped,
)
from alef_audit.callgraph.recall import words_in
from alef_audit.facts.file import Condition, Handler, Leaving
from alef_audit.reachability.reach import Reachability
from alef_audit.rulepack.lexicon import TestWords

AFTER_FAILURE: Final = "only after an exception"
_INSTEAD: Final = "what was tried first fails"
# More conditions than this are read by nobody: those of the platform and of arguments come first, those of kinds and
# values next.
_MOST: Final = 4
_LONGEST: Final = 100
_LITERAL: Final = re.compile(r"""(["'])[^"'\\]*\1""")
_NAME: Final = re.compile(r"[\w$]+")
_KIND: Final = re.compile(r"isinstance\(|typeof |\binstanceof\b")
_DOTTED: Final = re.compile(r"[\w$]+(?:\??\.[\w$]+)*")
_IS_VALID: Final = (["is", "valid"], ["isvalid"])
# A further test that nothing is known of, as the front ends spell it.
_MORE: Final = (" && (…)", " and (…)")
_EXCEPTIONAL: Final = BIT["exceptional"]
# Tests of whether there is a field, or a file.
_THERE: Final = re.compile(
    r"[\w$]+(?:\??\.[\w$]+)*|(?:[\w$]+\.)*(?:exists(?:Sync)?|(?:is|path)\.?(?:file|dir|exists))\([^()]*\)"
)
# What tests tell of when a path is taken: those of literal values and of kinds, those by which the entry point itself
# selects, and so on, down to what a deployment is set to, and to whom something else is done for.
_FAILURE, _KIND_ROOT, _ROOT, _VALUE, _DEEP, _KIND_DEEP, _PLAIN, _TRIVIAL, _SETTING, _BESIDE = range(10, 0, -1)


class Shown(NamedTuple):
    """A test on the way, and how much it tells of when the path is taken: 0 if it says nothing of that."""

    text: str
    weight: int


class PathContext(NamedTuple):
    """What is known of a path beside its calls.

    `alike` are other calls of the last function that block in the same way; `choices` are calls of the path that run
    one of several methods, with what says that it is this one; `registering` is the one call that makes the entry
    point one, -1 if there is none or more.
    """

    alike: Sequence[int] = ()
    choices: Sequence[tuple[int, str]] = ()
    registering: int = -1


def shown_conditions(
    reach: Reachability, sink: SinkSite, edges: list[Edge], words: TestWords, context: PathContext
) -> tuple[Shown, ...]:
    """Tests under which the calls of the path run: of the platform, of environment variables, of arguments that some
    callers hand over, of failures; then the others, those first that tell most: by which the entry point itself
    selects, and of what value or kind something is; nearest to the blocking call first.  Last come those under which
    the entry point is registered.
    """
    graph = reach.graph
    on_platform = [
        Shown(_platform(graph, *at), _SETTING)
        for edge in edges
        if (at := (edge.call, edge.callee)) in graph.on_platform
    ]
    calls = ((call, edge.guards) for edge in edges for call in (edge.call, *edge.via) if call >= 0)
    steps = [*calls, (sink.call, sink.guards), *((call, sink.guards) for call in sink.via)]
    tested = joined.from_iterable(_fixed(graph, call, guards, words) for call, guards in steps)
    fixed = _unique(joined(on_platform, tested))
    first = edges[0].call if edges else sink.call
    selecting = (_selecting(graph, *step, words, at_root=step[0] == first) for step in reversed(steps))
    chosen_for = _chosen_for(graph, edges, sink.call, first)
    repeated = [*_leading_alike(reach, edges), (sink.call, context.alike)]
    beside = (_beside(graph, *each, words) for each in reversed(repeated))
    chosen = [Shown(text, _KIND_ROOT if call == first else _KIND_DEEP) for call, text in reversed(context.choices)]
    registering = _registering(graph, context.registering, words)
    others = sorted(
        joined.from_iterable((*selecting, chosen_for, chosen, *beside, registering)), key=lambda test: -test.weight
    )
    known = {test.text for test in fixed}
    left = [test for test in _unique(others) if test.text not in known]
    return tuple(test._replace(text=_cut(test.text)) for test in (*fixed, *left[: max(0, _MOST - len(fixed))]))


def _chosen_for(graph: CallGraph, edges: list[Edge], last: int, first: int) -> Iterator[Shown]:
    """The tests by which callers have something to hand over that what they call cannot do without."""
    following = [*(edge.call for edge in edges[1:]), last]
    for edge, call in reversed(list(zip(edges, following, strict=False))):
        for test, holds in tests_of_arguments(graph, edge, call):
            yield Shown(_told(Condition(-1, 0, test, holds)), _ROOT if edge.call == first else _DEEP)


def _platform(graph: CallGraph, call: int, callee: int) -> str:
    """What has to hold for a call to run what stands in a table under a platform's name."""
    language = graph.program.unit_of(callee).facts.language
    sign = "===" if language == "ecmascript" else "=="
    return f'{SETTING[language]} {sign} "{graph.on_platform[call, callee]}"'


def occasion_of(shown: tuple[Shown, ...]) -> str:
    """Of the tests on the way the one that says most of when the path is taken, as a clause; "" for none."""
    test = max(shown, key=lambda test: test.weight, default=Shown("", 0))
    if not test.weight:
        return ""
    return test.text if test.text == AFTER_FAILURE else f"when {test.text}"


def _unique(tests: Iterable[Shown]) -> list[Shown]:
    """One test for each text, the first."""
    found: dict[str, Shown] = {}
    for test in tests:
        found.setdefault(test.text, test)
    return list(found.values())


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _fixed(graph: CallGraph, call: int, guards: int, words: TestWords) -> Iterator[Shown]:
    """What is shown of a call in any case."""
    function, conditions, innermost = _place(graph, call)
    for test in (*platform_tests(conditions, innermost), *environment_tests(conditions, innermost)):
        yield Shown(_told(test), 0 if _denies(test) else _SETTING)
    for index in chain(conditions, innermost):
        if (function, index) in graph.gated:
            told = _told(conditions[index])
            yield Shown(told, 0 if _denies(conditions[index]) else _weight(told, _DEEP, words))
    if guards & _EXCEPTIONAL:
        yield Shown(AFTER_FAILURE, _FAILURE)


def _selecting(graph: CallGraph, call: int, guards: int, words: TestWords, *, at_root: bool) -> Iterator[Shown]:
    """The tests around a call that are not shown in any case, from the innermost on."""
    if call < 0:
        return
    _, conditions, innermost = _place(graph, call)
    for text in _telling(conditions, innermost):
        yield Shown(text, _KIND_ROOT if at_root else _KIND_DEEP if _KIND.search(text) else _VALUE)
    for _, text, there in _leaving(graph, call, words):
        yield Shown(text, _weight(text, _DEEP, words) if there else _VALUE)
    for _, text in _entering(graph, call):
        yield Shown(text, _weight(text, _ROOT if at_root else _DEEP, words))
    for text in (*_remaining(graph, call, words), *_tried(graph, call, words)):
        yield Shown(text, _TRIVIAL)
    if not guards & _EXCEPTIONAL and any(conditions[i].handler & Handler.CATCHES for i in chain(conditions, innermost)):
        yield Shown(_INSTEAD, _DEEP)


def _registering(graph: CallGraph, call: int, words: TestWords) -> Iterator[Shown]:
    """What has to hold where an entry point is registered: what the program is set to do, as a rule.

    Not what asks whether there is anything to register it with, or whether it is registered yet.
    """
    if call < 0:
        return
    function, conditions, innermost = _place(graph, call)
    for test in environment_tests(conditions, innermost):
        yield Shown(_told(test), _SETTING)
    if graph.program.functions[function].parent < 0:
        return  # in the body of a file: whether it is the one that was started
    for index, text in _entering(graph, call):
        if not (_denies(conditions[index]) or _NAME.fullmatch(text) or graph.table.text(call).startswith(f"{text}.")):
            yield Shown(text, 0 if _is_validity(text, words) else _SETTING)


def telling_lines(graph: CallGraph, call: int, words: TestWords) -> list[int]:
    """The lines of the tests around a call that tell when it runs, early exits in front of it included."""
    if call < 0:
        return []
    _, conditions, _ = _place(graph, call)
    telling = [index for index, _ in _entering(graph, call)] + [index for index, *_ in _leaving(graph, call, words)]
    return [conditions[index].line for index in telling]


def _weight(text: str, most: int, words: TestWords) -> int:
    if _is_validity(text, words):
        return _TRIVIAL
    return min(most, _PLAIN) if _NAME.fullmatch(text) or (most < _ROOT and _THERE.fullmatch(text)) else most


def _is_validity(text: str, words: TestWords) -> bool:
    """Whether a test asks whether something is as it ought to be: `validateFrame(frame)`, `result.ok`."""
    path, opened, _ = text.partition("(")
    if not _DOTTED.fullmatch(path):
        return False
    name = words_in(path.rpartition(".")[2])
    if not opened:
        return len(name) == 1 and name[0] in words.valid
    return text.endswith(")") and ((name[:1] != [] and name[0] in words.validating) or name[:2] in _IS_VALID)


def _denies(test: Condition) -> bool:
    """Whether a test holds where something is not so: as a rule that is how it is."""
    told = _told(test)
    compared = comparison(told)
    is_other = compared is not None and compared.sign == "!=" and _LITERAL.fullmatch(compared.right) is not None
    return is_other or told.startswith(("not ", "!"))


def steps_on(graph: CallGraph, sink: SinkSite, edges: list[Edge]) -> int:
    """How much has to come together for the path: two for each function, one for each test around them."""
    return 2 * (len(edges) + 1) + sum(tests_at(graph, call) for call in [*(edge.call for edge in edges), sink.call])


def tests_at(graph: CallGraph, call: int) -> int:
    """How many tests decide whether a call is made in its function."""
    return _tests(*_place(graph, call)[1:]) if call >= 0 else 0


def probes_at(graph: CallGraph, call: int, words: TestWords) -> int:
    """How many early exits in front of a call leave because of what is waited for: `if (await isUp()) return`."""
    if call < 0:
        return 0
    function, conditions, innermost = _place(graph, call)
    tests = (conditions[index] for index in chain(conditions, innermost))
    left = (test for test in tests if test.exits and "await " in test.text)
    return sum(any(exits_that_tell(graph, function, test, words)) or any(exits_beside(test, words)) for test in left)


def _tests(conditions: tuple[Condition, ...], innermost: int) -> int:
    leaving = (conditions[index] for index in chain(conditions, innermost) if conditions[index].exits)
    return tests_around(conditions, innermost) + sum(_selects(test) for test in leaving)


def _place(graph: CallGraph, call: int) -> tuple[int, tuple[Condition, ...], int]:
    function = graph.table.function(call)
    return function, graph.program.unit_of(function).facts.conditions, graph.table.condition(call)


def _told(test: Condition) -> str:
    text = unwrapped(test.text)
    if test.holds:
        return text
    parsed = parse(text)
    if isinstance(parsed, Not) and isinstance(parsed.operand, Atom):
        return parsed.operand.text
    return _spelled(text, holds=False) if isinstance(parsed, Atom) else f"not ({text})"


def _entering(graph: CallGraph, call: int) -> Iterator[tuple[int, str]]:
    """The tests whose branch a call stands in, by index and as they are told, from the innermost on, without those of
    what is kept, those that hold wherever none of several values is at hand, those of whether there is what is
    called, and those of whether there is what was looked for: it mostly is.
    """
    if call < 0:
        return
    function, conditions, innermost = _place(graph, call)
    called = plain(graph.table.text(call))
    for index in chain(conditions, innermost):
        test = conditions[index]
        if test.exits or test.handler or (function, index) in graph.untold or _is_other(test):
            continue
        told = _told(test)
        if plain(told) == called:
            continue
        value = graph.asked.get((function, told))
        if value is None:
            yield index, told
        elif value:
            yield index, value


def _leaving(graph: CallGraph, call: int, words: TestWords) -> Iterator[tuple[int, str, bool]]:
    """The early exits in front of a call that tell when it runs, from the innermost on, by index and as tests that
    hold, each with whether something has to be there.
    """
    function, conditions, innermost = _place(graph, call)
    for index in chain(conditions, innermost):
        if conditions[index].exits and (function, index) not in graph.untold:
            for atom, outcome in exits_that_tell(graph, function, conditions[index], words):
                yield index, _spelled(atom, outcome), outcome


def _remaining(graph: CallGraph, call: int, words: TestWords) -> Iterator[str]:
    """What is left for a call: other values than those that other branches take, and what no earlier answer fits."""
    function, conditions, innermost = _place(graph, call)
    for index in chain(conditions, innermost):
        test = conditions[index]
        if test.handler or "…" in test.text or (function, index) in graph.untold or any(_one_of(test)):
            continue
        if answers_before(test, words) if test.exits else _is_other(test):
            yield _told(test)


def _tried(graph: CallGraph, call: int, words: TestWords) -> Iterator[str]:
    """The early exits of a `try` statement in front of a call that give an answer: what follows runs where they do not,
    or where something fails on the way to them.
    """
    function, conditions, innermost = _place(graph, call)
    for index in chain(conditions, innermost):
        test = conditions[index]
        known = next((test.text.removesuffix(end) for end in _MORE if test.text.endswith(end)), "")
        if not (known and test.exits and test.leaving & Leaving.ANSWERS) or (function, index) in graph.untold:
            continue
        plainly = structs.replace(test, text=known)
        parsed = parse(known)
        if (
            (isinstance(parsed, Junction) and parsed.every is not test.holds)
            or next(exits_that_tell(graph, function, plainly, words), None) is not None
            or next(exits_beside(plainly, words), None) is not None
        ):
            yield _told(test)


def _beside(graph: CallGraph, call: int, alike: Sequence[int], words: TestWords) -> Iterator[Shown]:
    """The early exits in front of a call by which somebody leaves for whom there is nothing to do, without those in
    whose branch another call does the same (`alike`).
    """
    function, conditions, innermost = _place(graph, call)
    left = [index for index in chain(conditions, innermost) if conditions[index].exits]
    if not left:
        return
    around = (chain(conditions, graph.table.condition(other)) for other in alike)
    entered = {conditions[index].line for index in joined.from_iterable(around) if not conditions[index].exits}
    for index in left:
        if conditions[index].line not in entered and (function, index) not in graph.untold:
            yield from (Shown(_spelled(*known), _BESIDE) for known in exits_beside(conditions[index], words))


def _leading_alike(reach: Reachability, edges: list[Edge]) -> Iterator[tuple[int, Sequence[int]]]:
    """Each call of a path with the other calls of its function that lead to the same callee."""
    for edge in edges:
        if edge.call >= 0:
            others = (other for other in reach.outgoing.get(edge.caller, ()) if other.callee == edge.callee)
            yield edge.call, [other.call for other in others if other.call not in (-1, edge.call)]


def _is_other(test: Condition) -> bool:
    """Whether a branch is entered by what is not one of several values: `else` of `kind === "a"`."""
    known = list(implied(parse(test.text), test.holds))
    compared = [comparison(atom) for atom, _ in known]
    return bool(known) and all(
        each is not None
        and each.sign == ("!=" if holds else "==")
        and any(map(_LITERAL.fullmatch, (each.left, each.right)))
        for each, (_, holds) in zip(compared, known, strict=True)
    )


def _selects(test: Condition) -> bool:
    """Whether an early exit lets pass one value or kind only: `if (event.type !== "stats") return`."""
    if test.handler or "…" in test.text or asks_platform(test):
        return False
    known = implied(parse(test.text), test.holds)
    return any(_is_telling(atom, outcome) for atom, outcome in known) or any(_one_of(test))


def _telling(conditions: tuple[Condition, ...], innermost: int) -> Iterator[str]:
    """The tests of kinds and of literal values whose branch the call stands in, from the innermost on."""
    for index in chain(conditions, innermost):
        test = conditions[index]
        if test.handler or "…" in test.text:
            continue
        if test.exits:
            yield from (_spelled(*known) for known in implied(parse(test.text), test.holds) if _is_telling(*known))
            yield from _one_of(test)
        elif any(_is_telling(atom, test.holds or atom != test.text) for atom in atoms(parse(test.text))):
            yield _told(test)


def _one_of(test: Condition) -> Iterator[str]:
    """What an early exit leaves, where that is one of several values: `if (x !== "a" && !x.startsWith("b")) return`."""
    known = alternatives(parse(test.text), test.holds) if test.exits else ()
    if known and all(_is_telling(*each) or (each[1] and is_member_test(each[0])) for each in known):
        yield (" || " if "&&" in test.text or "||" in test.text else " or ").join(_spelled(*each) for each in known)


def _spelled(atom: str, holds: bool) -> str:
    """An atom that gave `holds`, as a test that holds."""
    compared = comparison(atom)
    if holds or compared is None:
        return atom if holds else f"not ({atom})"
    if compared.sign == "not in":
        return atom.replace(" not in ", " in ", 1)
    if compared.sign == "==" and (_DOTTED.fullmatch(compared.right) or _LITERAL.fullmatch(compared.right)):
        sign = next(sign for sign in (" is ", "===", "==") if sign in atom)
        return atom.replace(sign, {" is ": " is not ", "===": "!==", "==": "!="}[sign], 1)
    sign = next((sign for sign in (" is not ", "!==", "!=") if sign in atom), "")
    return atom.replace(sign, {" is not ": " is ", "!==": "===", "!=": "=="}[sign], 1) if sign else f"not ({atom})"


def _is_telling(atom: str, holds: bool) -> bool:
    """Whether an atom asks for a kind, or says which literal something is: that it is none of several says little."""
    if _KIND.search(atom):
        return holds
    compared = comparison(atom)
    if compared is None or compared.sign != ("==" if holds else "!="):
        return False
    return any(map(_LITERAL.fullmatch, (compared.left, compared.right)))
