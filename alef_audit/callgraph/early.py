"""Early exits that tell when what follows them runs: `if (found) return found`, `if (!isEnabled()) return`.

Most exits turn down what is not as it ought to be (`if (!name) return error`), and what follows is the usual case.
Others give an answer of their own, and then the usual case may be either.
"""

import re
from collections.abc import Iterator
from typing import Final

from alef_audit.callgraph.graph import CallGraph
from alef_audit.callgraph.keeping import first_name, plain
from alef_audit.callgraph.predicates import NOTHING, comparison, implied, parse
from alef_audit.facts.file import Condition, Handler, Leaving

_MEMBER: Final = re.compile(
    r"""[\w$.?]+\.(?:includes|has|startsWith|startswith|endsWith|endswith)\((?:"[^"]*"|'[^']*')\)"""
    r"""|(?:"[^"]*"|'[^']*') in [\w$.]+"""
)
# `isLinux()`, `shouldDeliver(task)`
_PREDICATE: Final = re.compile(r"(?:await )?_?(?:is|has|should|can|needs?|uses?|supports?|wants?)[A-Z_]\w*\([^()]*\)")
# What says that something is not as it ought to be, or that it is over.
_REFUSES: Final = re.compile(
    r"err(?:or|\b)|fail|invalid|denied|deny|forbid|reject|abort|cancel|clos|dispos|stop|missing|limit|block|allow|exce|stale"
    r"|expire|refus|valid|auth|permi|problem|warn|reason|mismatch|unsupported|timed|destroy|ended|shut|safe|within",
    re.IGNORECASE,
)
# What is looked for is mostly there.
_FOUND: Final = re.compile(r"_?(?:get|find|look_?up|query|select|search|fetch|load|read|parse|pop|shift|next)\w*")
# Of what a function was given there is something left.
_REWRITES: Final = re.compile(
    r"_?(?:normali[sz]e|trim|strip|sanitize|to_?[A-Z]|coerce|[Ss]tr|clean|lower|decode|format)"
)
_PRESENT: Final = re.compile(r"exist|found|present|^is_?(?:file|dir)", re.IGNORECASE)
_ANY_NUMBER: Final = re.compile(r"-?\d+|[Tt]rue")


def exits_that_tell(graph: CallGraph, function: int, test: Condition) -> Iterator[tuple[str, bool]]:
    """Of the atoms of a test that leaves early those that tell when what follows runs, with what they gave; the whole
    test where that is several things together.
    """
    if test.handler & Handler.RAISES or "…" in test.text:
        return
    known = list(implied(parse(test.text), test.holds))
    for atom, outcome in known:
        subject, there = asked_for(atom, outcome)
        if _tells(graph, function, test, subject, there=there):
            yield atom, outcome
    if not known and test.text.startswith("(") and test.leaving & Leaving.ANSWERS and not _REFUSES.search(test.text):
        # an exit inside of what another test enters
        if first_name(plain(test.text).lstrip("(")) in graph.held.get(function, ()):
            yield test.text, False


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


def _tells(graph: CallGraph, function: int, test: Condition, subject: str, *, there: bool) -> bool:
    if not subject or _REFUSES.search(subject):
        return False
    if there and (_MEMBER.fullmatch(subject) or (_PREDICATE.fullmatch(subject) and subject.endswith("()"))):
        return True
    if not test.leaving & Leaving.ANSWERS:
        return False
    if there and _PRESENT.search(subject):
        return False
    if there and _PREDICATE.fullmatch(subject):
        return True
    local = first_name(subject)
    held = graph.held.get(function, {}).get(local)
    callee = held.callee.rpartition(".")[2] if held is not None else ""
    if _REFUSES.search(callee) or _REWRITES.match(callee) or (there and subject != local):
        return False
    if not callee:
        return bool(test.leaving & Leaving.WORKS and subject == local)
    return not there or not _FOUND.fullmatch(callee)
