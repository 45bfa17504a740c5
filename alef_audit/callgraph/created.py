"""Files that are made where there are none: `if (!existsSync(path)) writeFileSync(path, …)`.

What stands below such a test runs once for every path: the disk is the cache. The test itself, and the reading, stay
what they are. A path that every dispatch has anew is never found again, so that only those count of which the text
tells that they are the program's own: constants, fields, parameters with a default, and what is made of these; or
that are made with a mode that fails where there is a file.
"""

import re
from collections.abc import Callable, Set
from typing import Final

from alef_audit.callgraph.keeping import Keeping, Loan, Place, chain, plain
from alef_audit.callgraph.memos import Memo
from alef_audit.callgraph.predicates import Junction, Test, Truth, atoms, parse, truth
from alef_audit.callgraph.program import Program, is_body
from alef_audit.callgraph.recall import SAME, Recalled, words_of
from alef_audit.facts import kept
from alef_audit.facts.file import Condition
from alef_audit.rulepack.guards import GuardWords

_PRESENT: Final = re.compile(r"(?:(?P<holder>[\w$.?]+)\.)?(?P<name>\w+)\((?P<path>[\w$.]*)(?:, ?[\w$.]+)?\)")
_QUOTED: Final = re.compile(r"(?<![fFrR\w])(?:\"[^\"]*\"|'[^']*')")
_NAME: Final = re.compile(r"(?<![\w$.])[A-Za-z_$][\w$]*(?!\s*[=(\w$.])")
_CONSTANT: Final = re.compile(
    r"_?[A-Z][A-Z0-9_]*|__\w+__|(?:is|has)_?[A-Z_]\w*|if|else|or|and|not|true|false|null|undefined|None|True|False"
)
_MODE: Final = re.compile(r"""["'][wxa]""")
_EXCLUSIVE: Final = re.compile(r"""["'][wa]?x[bt]?\+?["']""")
_DEPTH: Final = 4


def created(program: Program, keeping: Keeping, words: GuardWords) -> dict[tuple[int, int], Memo]:
    """The conditions below which a file is made that they found missing, by function: memos whose place is the path."""
    found: dict[tuple[int, int], Memo] = {}
    for function, loans in keeping.loans.items():
        conditions = program.unit_of(function).facts.conditions
        removed = {loan.place.subject for loan in loans if loan.callee in words.removes}
        paths = Paths(program, keeping, function, words)
        for loan in loans:
            if loan.condition < 0 or loan.place.subject in removed or not makes(loan, words):
                continue
            index = _missing(conditions, loan, paths.parameters, words)
            if index >= 0 and (paths.is_own(loan.place) or (_is_exclusive(loan) and not paths.is_fleeting(loan.place))):
                # the disk outlives the function, whatever variable holds the path
                module = program.unit_of(function).functions
                place = loan.place if loan.place.owner == kept.RECEIVER else loan.place._replace(owner=module)
                asked = Recalled((place,), SAME, None, is_token_bound=False, options=())
                found[function, index] = Memo(function, index, asked, is_firm=True, is_flight=False)
    return found


def makes(loan: Loan, words: GuardWords) -> bool:
    """Whether a call makes the file that it is handed."""
    if loan.callee in words.opens:
        return bool(loan.others) and _MODE.match(loan.others[0]) is not None
    return loan.callee in words.creates


def _is_exclusive(loan: Loan) -> bool:
    """Whether a call makes a file only where there is none: what is made so is made to be found again."""
    return any(_EXCLUSIVE.search(each) for each in loan.others)


def _missing(conditions: tuple[Condition, ...], loan: Loan, options: Set[str], words: GuardWords) -> int:
    """The condition above a call that leads there where its file is missing; -1 if there is none."""
    for index in chain(conditions, loan.condition):
        condition = conditions[index]
        if loan.place.subject in condition.text and asks_missing(condition, loan.place.subject, options, words):
            return index
        if not condition.exits:
            return -1
    return -1


def asks_missing(condition: Condition, path: str, options: Set[str], words: GuardWords) -> bool:
    """Whether a condition leads to its branch because a file is missing, or is not what it should be."""

    def known(atom: str) -> Truth:
        asked = _PRESENT.fullmatch(plain(atom))
        if asked is None or asked["name"] not in words.present:
            return None
        return True if path in (asked["path"], asked["holder"]) else None

    test = parse(condition.text)
    outcome = truth(test, known)
    if outcome is not None:
        return outcome is not condition.holds
    return _is_with(test, known, options, holds=condition.holds)


def _is_with(test: Test, known: Callable[[str], Truth], options: Set[str], *, holds: bool) -> bool:
    """Whether, besides a file's presence, it is asked what is in it: `exists(f) && valid(f)` fails, or the contrary."""
    if not isinstance(test, Junction) or test.every is holds:
        return False
    rest = [operand for operand in test.operands if truth(operand, known) is None]
    asked = {name for operand in rest for atom in atoms(operand) for name in _NAME.findall(atom)}
    return len(rest) < len(test.operands) and asked.isdisjoint(options)


class Paths:
    """Tells whether a path is the same whenever a function runs."""

    __slots__ = ("_function", "_given", "_keeping", "_program", "_words")

    def __init__(self, program: Program, keeping: Keeping, function: int, words: GuardWords) -> None:
        names = program.unit_of(function).facts.names
        self._given = {names[each.name]: bool(each.literal) for each in program.functions[function].parameters}
        self._program, self._keeping, self._function, self._words = program, keeping, function, words

    @property
    def parameters(self) -> Set[str]:
        return self._given.keys()

    def is_own(self, place: Place) -> bool:
        """Whether the path that `place` holds is of the program's own making."""
        if self.is_fleeting(place):
            return False
        if place.owner == kept.RECEIVER:
            return True
        if place.owner >= 0 and place.owner != self._function:
            return is_body(self._program, place.owner)
        return self._is_own(place.subject, 0)

    def is_fleeting(self, place: Place) -> bool:
        """Whether the name of what holds a path tells that it is new each time."""
        return not words_of(place.subject).isdisjoint(self._fleeting())

    def _fleeting(self) -> Set[str]:
        words = self._words
        return {*words.session, *words.dispatch, *words.fleeting, *words.dispatch_keys}

    def _is_own(self, text: str, depth: int) -> bool:
        bare = _QUOTED.sub('""', text)
        if depth > _DEPTH or not words_of(bare).isdisjoint(self._fleeting()):
            return False
        return all(self._is_known(name, depth) for name in _NAME.findall(bare))

    def _is_known(self, name: str, depth: int) -> bool:
        if name in self._given:
            return self._given[name]
        bound = self._keeping.reads.get(self._function, {}).get(name, ())
        if bound:
            return all(self._is_own(read.value, depth + 1) for read in bound)
        return _CONSTANT.fullmatch(name) is not None
