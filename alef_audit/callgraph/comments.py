"""What the comments `audit: …` of a program say: read from the facts of its files into typed marks.

`ignore[035] reason` mutes, `offloaded`, `startup-only` and `hot[kind]` say what the analysis cannot see.  A comment
that cannot be understood has no effect, and a remark says so; one that merely begins with the word (`audit: see below`)
is prose and left alone.
"""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final, Literal, NamedTuple, get_args

from alef_audit.callgraph.program import Program
from alef_audit.diagnostics import Diagnostic
from alef_audit.facts.file import Directive
from alef_audit.rulepack.kinds import RootKind

Word = Literal["ignore", "offloaded", "startup-only", "hot"]
WORDS: Final[tuple[Word, ...]] = get_args(Word)
KIND: Final = "audit-comment"
# What a function can be marked as; the other kinds of roots are found, or never hot.
HOT_KINDS: Final[tuple[RootKind, ...]] = (
    "attempt",
    "request",
    "message",
    "rpc",
    "tool",
    "tick",
    "warmup",
    "lifecycle",
)
_COMMENT: Final = re.compile(
    r"(?P<word>[A-Za-z][\w-]*)(?P<brackets>\s*\[(?P<arguments>[^\]]*)\])?(?P<reason>.*)", re.DOTALL
)
_NEXT: Final = re.compile(r"\s(?:#|//)\s")  # one comment after another on a line
_DASHES: Final = " \t:,;.-–—"
_FOREIGN: Final = "dependency"  # comments in followed packages are addressed to their authors


class Comment(NamedTuple):
    """One understood comment, and the file (a unit of the program) that it stands in."""

    unit: int
    directive: Directive
    word: Word
    arguments: tuple[str, ...]  # between the brackets, as written
    reason: str


class Comments(NamedTuple):
    known: tuple[Comment, ...]
    remarks: tuple[Diagnostic, ...]


def read_comments(program: Program) -> Comments:
    """All comments that are addressed to the tool, in the order of files and lines."""
    known: list[Comment] = []
    remarks: list[Diagnostic] = []
    for index, unit in enumerate(program.units):
        for directive in unit.facts.directives if unit.role != _FOREIGN else ():
            comment = _read(index, directive)
            if comment is not None:
                known.append(comment)
                remarks.extend(_misused(program, comment))
            else:
                remarks.extend(_unknown(unit.path, directive))
    return Comments(tuple(known), tuple(remarks))


def without_lines(comments: Comments, program: Program, lines: Mapping[str, Collection[int]]) -> Comments:
    """The comments that stand on other lines than these, given by path."""
    if not lines:
        return comments
    return comments._replace(known=tuple(one for one in comments.known if not _is_on(one, program, lines)))


def on_lines(comments: Comments, program: Program, lines: Mapping[str, Collection[int]]) -> tuple[Comment, ...]:
    """The comments that stand on these lines, given by path."""
    return tuple(one for one in comments.known if _is_on(one, program, lines))


def _is_on(comment: Comment, program: Program, lines: Mapping[str, Collection[int]]) -> bool:
    return comment.directive.line in lines.get(program.units[comment.unit].path, ())


def remark(program: Program, comment: Comment, message: str) -> Diagnostic:
    """A remark on a comment, at its own line."""
    return Diagnostic(program.units[comment.unit].path, comment.directive.line, KIND, message)


def marked_functions(program: Program, comments: Comments, word: Word) -> Iterator[tuple[int, Comment]]:
    """The functions at whose head a comment with `word` stands, in the program's numbering."""
    for comment in comments.known:
        if comment.word == word and comment.directive.function >= 0:
            yield program.units[comment.unit].functions + comment.directive.function, comment


def nearest(wrong: str, known: tuple[str, ...]) -> str:
    """`did you mean x? ` where something known is spelled alike, else ""."""
    near = difflib.get_close_matches(wrong.lower(), known, n=1, cutoff=0.6)
    return f"did you mean {near[0]}? " if near else ""


def hot_kind(comment: Comment) -> RootKind | None:
    """The kind of entry point that a comment `hot` names; `attempt` without brackets, None for an unknown one."""
    if not comment.arguments:
        return "attempt"
    return next((kind for kind in HOT_KINDS if kind == comment.arguments[0]), None)


def _read(unit: int, directive: Directive) -> Comment | None:
    match = _COMMENT.fullmatch(directive.text)
    word = next((word for word in WORDS if match is not None and word == match["word"]), None)
    if match is None or word is None:
        return None
    arguments = tuple(part.strip() for part in (match["arguments"] or "").split(",") if part.strip())
    reason = _NEXT.split(match["reason"], maxsplit=1)[0].strip().lstrip(_DASHES)
    return Comment(unit, directive, word, arguments, reason)


def _unknown(path: str, directive: Directive) -> Iterator[Diagnostic]:
    match = _COMMENT.fullmatch(directive.text)
    if match is None:
        return
    near = nearest(match["word"], WORDS)
    if near or match["brackets"]:
        message = f"unknown comment audit: {match['word']}; {near}Known: {', '.join(WORDS)}"
        yield Diagnostic(path, directive.line, KIND, message)


def _misused(program: Program, comment: Comment) -> Iterator[Diagnostic]:
    """What is wrong with a comment whose word is known; `ignore` is judged where patterns are known."""
    word, directive = comment.word, comment.directive
    if word in ("hot", "startup-only") and directive.function < 0:
        where = "no function is defined on this line or, for a comment alone on its line, the next"
        yield remark(program, comment, f"audit: {word} has no effect: {where}")
    if word == "hot" and hot_kind(comment) is None:
        near = nearest(comment.arguments[0], HOT_KINDS)
        yield remark(
            program, comment, f"unknown kind in audit: hot[{comment.arguments[0]}]; {near}Known: {', '.join(HOT_KINDS)}"
        )
    first = comment.reason.split(" ", 1)[0]
    if word == "hot" and not comment.arguments and first in HOT_KINDS:
        yield remark(program, comment, f"audit: hot {first} counts as attempt; write audit: hot[{first}]")
    if word in ("offloaded", "startup-only") and comment.arguments:
        yield remark(program, comment, f"audit: {word} takes nothing in brackets")
