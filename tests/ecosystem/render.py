"""The ecosystem check as Markdown.

Names and paths come from the packages: they are shown as code, on one line, with what does not print spelled out, so
that they can neither be read as Markdown or HTML nor notify anybody.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from alef_audit.reporting.escape import clean, encodable
from tests.ecosystem.compare import APPEARED, DISAPPEARED, KINDS, LEVEL, ROOT, VERDICT, Change, Side
from tests.ecosystem.document import Document, Root
from tests.ecosystem.run import Took

_HEADINGS = {
    APPEARED: "Appeared",
    DISAPPEARED: "Disappeared",
    LEVEL: "Level changed",
    VERDICT: "Verdict changed",
    ROOT: "Root changed",
}
_COLUMNS = (
    *("package", "lines", "error", "warning", "note", "discharged"),
    *("appeared", "gone", "changed", "CPU s", "ratio", "peak MiB", "ratio"),
)
_MEBIBYTE = 1 << 20


class Run(NamedTuple):
    """What is shown of one audit that came to its end."""

    errors: int
    warnings: int
    notes: int
    discharged: int
    lines: int
    took: Took


class Outcome(NamedTuple):
    """One package, audited by both versions; None for one that failed, and `failures` says how."""

    package: str
    base: Run | None
    head: Run | None
    changes: tuple[Change, ...]
    failures: tuple[str, ...]


def summarised(document: Document, took: Took) -> Run:
    """The figures of a document."""
    counts, summary = document.summary.findings, document.summary
    return Run(counts.error, counts.warning, counts.note, summary.discharged, summary.coverage.lines, took)


def render(base: str, head: str, outcomes: Sequence[Outcome], most: int) -> str:
    """The whole report: summary, table, and up to `most` findings of every kind and package."""
    return "\n".join(_lines(base, head, outcomes, most)) + "\n"


def _lines(base: str, head: str, outcomes: Sequence[Outcome], most: int) -> Iterator[str]:
    total = Counter(change.kind for outcome in outcomes for change in outcome.changes)
    failed = sum(bool(outcome.failures) for outcome in outcomes)
    yield f"# Ecosystem check: {code(base)} → {code(head)}"
    yield ""
    said = ", ".join(f"{total[kind]} {_HEADINGS[kind].lower()}" for kind in KINDS if total[kind])
    yield f"{len(outcomes)} packages: {said or 'no differences'}." + (f" {failed} failed." if failed else "")
    yield ""
    yield from _table(outcomes)
    for outcome in outcomes:
        if outcome.changes or outcome.failures:
            yield from _package(outcome, most)


def _table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield f"| {' | '.join(_COLUMNS)} |"
    yield "| :-- " + "| --: " * (len(_COLUMNS) - 1) + "|"
    for outcome in outcomes:
        base, head = outcome.base, outcome.head
        kinds = Counter(change.kind for change in outcome.changes)
        cells = [code(outcome.package).replace("|", "\\|")]
        cells += [_both(*columns) for columns in zip(_counts(base), _counts(head), strict=True)]
        changed = len(outcome.changes) - kinds[APPEARED] - kinds[DISAPPEARED]
        cells += [str(kinds[APPEARED]), str(kinds[DISAPPEARED]), str(changed)]
        cells += _measured(base and base.took.cpu, head and head.took.cpu, ".1f")
        cells += _measured(base and base.took.peak_bytes / _MEBIBYTE, head and head.took.peak_bytes / _MEBIBYTE, ".0f")
        yield f"| {' | '.join(cells)} |"


def _counts(run: Run | None) -> tuple[str, ...]:
    if run is None:
        return ("–",) * 5
    return tuple(format(number, ",") for number in (run.lines, run.errors, run.warnings, run.notes, run.discharged))


def _both(base: str | None, head: str | None) -> str:
    """One value if the versions agree, else both; a dash for the one that failed."""
    return base or "–" if base == head else f"{base or '–'} → {head or '–'}"


def _measured(base: float | None, head: float | None, precision: str) -> list[str]:
    shown = [None if value is None else format(value, precision) for value in (base, head)]
    return [_both(shown[0], shown[1]), f"{head / base:.2f}" if base and head else "–"]


def _package(outcome: Outcome, most: int) -> Iterator[str]:
    yield ""
    yield f"## {code(outcome.package)}"
    for failure in outcome.failures:
        yield ""
        yield f"Failed: {code(failure)}"
    for kind in KINDS:
        changes = [change for change in outcome.changes if change.kind == kind]
        if changes:
            yield ""
            yield f"### {_HEADINGS[kind]}: {len(changes)}"
            yield ""
            yield from (f"* {_change(change)}" for change in changes[:most])
            if len(changes) > most:
                yield f"* and {len(changes) - most} more"


def _change(change: Change) -> str:
    sink = change.side.sink
    where = f"{code(f'{sink.path}:{sink.line}')} {code(sink.call)}"
    if change.base is None or change.head is None:
        return f"{_standing(change.side)} {where}, {_root(change.side.root)}, {_frames(change.side.frames)}"
    base, head = change.base, change.head
    parts = [f"{_standing(base)} → {_standing(head)}" if _standing(base) != _standing(head) else _standing(head)]
    roots = [_root(side.root) for side in (base, head)]
    parts += [where + ",", " → ".join(dict.fromkeys(roots)) + f", {_frames(head.frames)}"]
    return " ".join(parts)


def _standing(side: Side) -> str:
    return f"{_word(side.level)} {_word(side.verdict)}"


def _root(root: Root) -> str:
    return f"from {_word(root.kind)} {code(root.function)} {code(f'{root.path}:{root.line}')}"


def _frames(number: int) -> str:
    return "1 frame" if number == 1 else f"{number} frames"


def _word(text: str) -> str:
    """A word of the tool's own vocabulary; as code if it is anything else."""
    return text if text.isalpha() else code(text)


def code(text: str) -> str:
    """`text` as a code span: the fence is longer than any run of backticks in it (CommonMark 6.1)."""
    shown = clean(encodable(text)) or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"
