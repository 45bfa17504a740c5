"""Early exits that tell when what follows them runs: `if (found) return found`, `if (!isEnabled()) return`.

Most exits turn down what is not as it ought to be (`if (!name) return error`), and what follows is the usual case.
Others give an answer of their own, and then the usual case may be either; who answers that all went well has done what
was asked.
"""

import re
from collections.abc import Iterator
from typing import Final

from alef_audit.callgraph.graph import CallGraph
from alef_audit.callgraph.keeping import first_name, plain
from alef_audit.callgraph.predicates import NOTHING, Junction, comparison, implied, parse
from alef_audit.callgraph.recall import words_in
from alef_audit.facts.file import Condition, Handler, Leaving
from alef_audit.rulepack.lexicon import TestWords

_MEMBER: Final = re.compile(
    r"""[\w$.?]+\.(?:includes|has|startsWith|startswith|endsWith|endswith)\((?:"[^"]*"|'[^']*')\)"""
    r"""|(?:"[^"]*"|'[^']*') in [\w$.]+"""
)
_FILE: Final = re.compile(r"(?:await )?(?:[\w$]+\.)*(?P<name>\w+)\([^()]*\)")
# `isLinux()`, `shouldDeliver(task)`
_CALLED: Final = re.compile(r"(?:await )?(?P<name>\w+)\([^()]*\)")
# `DEBUG`, `this.options.audit`, `FEATURE.get()`
_DOTTED_CALL: Final = re.compile(r"(?:await )?(?P<of>(?:[\w$]+\??\.)*?)(?P<name>[\w$]+)(?:\.get\(\)|\([^()]*\))?")
_GIVEN: Final = re.compile(r"[A-Za-z_$][\w$]*(?:\.[\w$]+)?")
_VALUE: Final = re.compile(r"""[A-Za-z_$][\w$]*(?:\.[\w$]+)*|"[^"]*"|'[^']*'""")
# Nothing to work on is no case of its own: the usual one is that there is something.
_EMPTY: Final = re.compile(r"(?:\.(?:length|size)|\blen\([^()]*\)) *(?:[=!]==?|<=?|>=?) *[01]\Z")
_QUOTED: Final = re.compile(r"""(["'])(?P<value>\w*)\1""")
_ANY_NUMBER: Final = re.compile(r"-?\d+|[Tt]rue")


def exits_that_tell(graph: CallGraph, function: int, test: Condition, words: TestWords) -> Iterator[tuple[str, bool]]:
    """Of the atoms of a test that leaves early those that tell when what follows runs, with what they gave; the whole
    test where that is several things together.
    """
    if test.handler & Handler.RAISES or "…" in test.text:
        return
    known = list(implied(parse(test.text), test.holds))
    for atom, outcome in known:
        subject, there = asked_for(atom, outcome)
        opening = _opening(graph, function, subject, words) if there else ""
        if opening:
            yield atom.replace(first_name(subject), f"{opening}(…)", 1), outcome
        elif (
            _tells(graph, function, test, subject, words, there=there)
            or (there and (_asks_for_file(subject, words) or _is_given(graph, function, test, atom, words)))
            or _is_something(atom, outcome, words)
        ):
            yield atom, outcome
    if (
        not known
        and test.text.startswith("(")
        and test.leaving & Leaving.ANSWERS
        and not _begins(test.text, words.refusing)
    ):
        # an exit inside of what another test enters
        if first_name(plain(test.text).lstrip("(")) in graph.held.get(function, ()):
            yield test.text, False


def exits_beside(test: Condition, words: TestWords) -> Iterator[tuple[str, bool]]:
    """Of the atoms of a test that leaves early, without a word of refusal, those that tell that what follows is not for
    everybody, with what they gave: something is not so (`if (user.isAdmin) return`), or a flag is set
    (`if (!this.options.audit) return`). That there is what is needed is the usual case, but where who asked is told
    that all went well without it.
    """
    if test.handler & Handler.RAISES or "…" in test.text:
        return
    known = list(implied(parse(test.text), test.holds))
    if test.leaving & Leaving.SUCCEEDS:
        told = known or [(test.text, test.holds)]
        yield from ((atom, outcome) for atom, outcome in told if not _EMPTY.search(atom))
        return
    for atom, outcome in known:
        if _begins(atom, words.refusing):
            continue
        compared = comparison(atom)
        if compared is not None and compared.right not in NOTHING and "in" not in compared.sign:
            is_told = not outcome and compared.sign == "==" and _VALUE.fullmatch(compared.right) is not None
        else:
            subject, there = asked_for(atom, outcome)
            is_told = subject != "" and (not there or _is_flag(subject, words) or _is_answer(atom, words))
        if is_told:
            yield atom, outcome


def _is_flag(subject: str, words: TestWords) -> bool:
    """Whether a test asks for what somebody set: `DEBUG`, `self.config.audit`, `this.isEnabled()`."""
    named = _DOTTED_CALL.fullmatch(subject)
    if named is None:
        return False
    name = named["name"]
    parts = words_in(name)
    if name.isupper() or (parts[:1] != [] and parts[0] in words.asking):
        return True
    return any(each in words.setting for each in words_in(named["of"] or "") + parts)


def _is_answer(atom: str, words: TestWords) -> bool:
    """Whether a test asks what a call answers, other than for something that is to be found or checked:
    `await portIsOpen(port)`.
    """
    called = _CALLED.fullmatch(atom)
    verb = words_in(called["name"])[:1] if called is not None else []
    return verb != [] and all(verb[0] not in each for each in (words.finding, words.rewriting, words.validating))


def answers_before(test: Condition, words: TestWords) -> bool:
    """Whether an early exit answers where several things come together: `if (user && user.id === id) return 1`."""
    if test.handler or not test.leaving & Leaving.ANSWERS or _begins(test.text, words.refusing):
        return False
    parsed = parse(test.text)
    return isinstance(parsed, Junction) and parsed.every is not test.holds


def is_member_test(atom: str) -> bool:
    """Whether a test asks what a text begins or ends with, or whether a collection holds a literal."""
    return _MEMBER.fullmatch(plain(atom)) is not None


def _asks_for_file(subject: str, words: TestWords) -> bool:
    """Whether a test asks whether a file is there: `exists(path)`, `path.is_file()`."""
    called = _FILE.fullmatch(subject)
    return called is not None and called["name"].lower().replace("_", "").startswith(words.present)


def _opening(graph: CallGraph, function: int, subject: str, words: TestWords) -> str:
    """What is called to open the file of which a test asks whether that went well: `opened.ok` of `openFile(path)`; ""
    if it asks for something else.
    """
    local, _, told = subject.partition(".")
    held = graph.held.get(function, {}).get(local)
    callee = held.callee.rpartition(".")[2] if held is not None and (not told or told in words.valid) else ""
    return callee if words_in(callee)[:1] and words_in(callee)[0] in words.opening else ""


def _is_given(graph: CallGraph, function: int, test: Condition, atom: str, words: TestWords) -> bool:
    """Whether an exit gives an answer of its own to who hands over nothing at all: `if user_input is None: return
    form()`.
    """
    compared = comparison(atom)
    if compared is None or compared.right not in NOTHING or not test.leaving & Leaving.ANSWERS:
        return False
    subject = plain(compared.left)
    is_held = first_name(subject) in graph.held.get(function, ())
    return _GIVEN.fullmatch(subject) is not None and not is_held and not _begins(subject, words.refusing)


def _is_something(atom: str, outcome: bool, words: TestWords) -> bool:
    """Whether a value is none of those that say that there is nothing: `resolution.kind !== "none"`."""
    compared = comparison(atom)
    if compared is None or compared.sign != ("!=" if outcome else "=="):
        return False
    quoted = _QUOTED.fullmatch(compared.right)
    return quoted is not None and quoted["value"].lower() in words.nothing


def asked_for(atom: str, outcome: bool) -> tuple[str, bool]:
    """What an atom that gave `outcome` asks for, and whether it is there; "" for what cannot be told."""
    compared = comparison(atom)
    if compared is None or compared.sign == "in":
        return plain(atom), outcome
    if compared.sign == "not in":
        return plain(f"{compared.left} in {compared.right}"), not outcome
    if compared.right in NOTHING and compared.sign in ("==", "!="):
        return plain(compared.left), outcome == (compared.sign == "!=")
    is_said = not outcome and compared.sign == "==" and _ANY_NUMBER.fullmatch(compared.right)
    return (plain(compared.left), False) if is_said else ("", True)


def _tells(graph: CallGraph, function: int, test: Condition, subject: str, words: TestWords, *, there: bool) -> bool:
    if not subject or _begins(subject, words.refusing):
        return False
    is_predicate = is_asking(subject, words)
    if there and (_MEMBER.fullmatch(subject) or (is_predicate and subject.endswith("()"))):
        return True
    if not test.leaving & Leaving.ANSWERS or (there and _begins(subject, words.present)):
        return False
    if there and is_predicate:
        return True
    local = first_name(subject)
    held = graph.held.get(function, {}).get(local)
    callee = held.callee.rpartition(".")[2] if held is not None else ""
    verb = words_in(callee)[:1]
    if _begins(callee, words.refusing) or any(each in words.rewriting for each in verb) or (there and subject != local):
        return False
    if not callee:
        return bool(test.leaving & Leaving.WORKS and subject == local)
    return not there or not any(each in words.finding for each in verb)


def is_asking(text: str, words: TestWords) -> bool:
    """Whether a test calls a predicate by its name alone: `isLinux()`, `should_deliver(task)`."""
    called = _CALLED.fullmatch(text)
    return called is not None and words_in(called["name"])[:1] != [] and words_in(called["name"])[0] in words.asking


def _begins(text: str, parts: tuple[str, ...]) -> bool:
    """Whether a word of the names in a text begins with one of the parts."""
    return any(word.startswith(parts) for word in words_in(text))
