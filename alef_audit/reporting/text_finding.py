"""One finding for the terminal: in full with its path, or on one line."""

from collections.abc import Sequence
from shlex import quote

import msgspec
from rich.text import Text

from alef_audit.auditing.report import Finding, Frame, Location, ProposedArchetype, Root, Sink, location, own_frames
from alef_audit.reporting.layout import Glyphs, Piece, flow, labelled, pad, styled, widest, width_of
from alef_audit.reporting.words import count, joined, multiplied, shortened
from alef_audit.rulepack.kinds import RootKind

_LABEL_COLUMN = 8
_MOST_FIXES = 4
_HOW_WORDS = {"callback": "as a callback", "dynamic": "guessed by its name"}


class Page(msgspec.Struct, frozen=True):
    """What every line needs to know."""

    width: int
    glyphs: Glyphs
    commands: tuple[str, ...]  # commands that exist and may be suggested
    target: str = ""  # what has to be typed after a line of the audited folder


def place(path: str, line: int) -> str:
    return f"{path}:{line}" if line else path


def why_command(at: Location, page: Page) -> str:
    """What to type to ask about a line."""
    return " ".join(part for part in ("audit why", quote(place(at.path, at.line)), page.target) if part)


def full_finding(
    roots: Sequence[Root], finding: Finding, page: Page, shown: Sequence[Frame] = (), known_fix: str = ""
) -> list[Text]:
    """The finding with its path.

    Frames at the start that `shown` (the path printed last) also has are not repeated, nor is the archetype
    `known_fix` that the heading above has named.
    """
    root = roots[finding.root]
    title: list[Piece] = [(word, "strong") for word in finding.message.split()]
    separator = f" {page.glyphs.dot} "
    lines = flow(styled((finding.level, finding.level), "  "), title, styled("  "), page.width, " ")
    lines += flow(styled("  "), _particulars(finding, page.glyphs), styled("  "), page.width, separator)
    lines += _path(finding, root, _shared(finding.trace, shown), page)
    lines += _other_roots(roots, finding, page)
    lines += _observed(finding, page)
    lines += _terms(finding, known_fix, page) if known_fix and not shown else []
    lines += _fixes(finding, known_fix, page)
    return lines + labelled("next", _next_commands(finding, page), page.width, _LABEL_COLUMN, separator, split=False)


def short_findings(roots: Sequence[Root], findings: Sequence[Finding], page: Page) -> list[Text]:
    """One line per finding, aligned."""
    places = [place(at.path, at.line) for at in map(location, findings)]
    calls = [f"{f.sink.call} in {f.dependency}" if f.dependency else f.sink.call for f in findings]
    first, second = widest(places, page.width // 2), widest(calls, page.width // 4)
    lines = []
    for index, (finding, where) in enumerate(zip(findings, places, strict=True)):
        root = roots[finding.root]
        line = styled("  ", (pad(finding.level, 7), finding.level), "  ", pad(where, first), "  ")
        line.append_text(styled((pad(calls[index], second), "strong"), f"  from {root.function} ({root.kind})"))
        line.append_text(styled((_blank(multiplied(finding.per, page.glyphs.times)), "loop")))
        lines.append(line)
    return lines


def _particulars(finding: Finding, glyphs: Glyphs) -> list[Piece]:
    conditions: list[Piece] = [f"only if {condition}" for condition in finding.conditions]
    loops = multiplied(finding.per, glyphs.times)
    words, at = ", ".join(finding.phase_words), finding.location
    return [
        *([(loops, "loop")] if loops else []),
        *([f"auth words: {words}"] if words else []),
        *([f"by way of {place(at.path, at.line)}"] if at is not None and not own_frames(finding) else []),
        *([(finding.verdict, "guard")] if finding.verdict != "exposed" else []),
        *conditions,
        f"{finding.confidence} confidence",
    ]


def _shared(trace: Sequence[Frame], shown: Sequence[Frame]) -> int:
    """How many frames at the start are the same calls; the sink's own frame is always printed."""
    same = 0
    for ours, theirs in zip(trace[:-1], shown[:-1], strict=False):
        if (ours.path, ours.line, ours.column, ours.function) != (
            theirs.path,
            theirs.line,
            theirs.column,
            theirs.function,
        ):
            break
        same += 1
    return same if same > 1 else 0


def _path(finding: Finding, root: Root, skip: int, page: Page) -> list[Text]:
    trace = finding.trace
    places = [place(frame.path, frame.line) for frame in trace]
    notes = [_frame_notes(finding, index, root, page.glyphs) for index in range(len(trace))]
    where, who = widest(places, page.width * 2 // 5), widest((f.function for f in trace), page.width * 2 // 5)
    who = who if 8 + where + who + _widest_note(notes[skip:]) <= page.width else 0
    lines = []
    if skip:
        same = f"the same {count(skip, 'frame')} as above, from {root.function} to {trace[skip - 1].function}"
        bar = styled(f"  {page.glyphs.skipped} ")
        lines += flow(bar, [(word, "quiet") for word in same.split()], bar, page.width, " ")
    for index, frame in list(enumerate(trace))[skip:]:
        last = index == len(trace) - 1
        glyph = page.glyphs.sink if last else page.glyphs.root if index == 0 else page.glyphs.through
        mark = (glyph, "hot" if last or index == 0 else "quiet")
        first = styled("  ", mark, " ", pad(places[index], where), "  ", (pad(frame.function, who), "strong"), "  ")
        hanging = styled("  ", (" " if last else page.glyphs.through, "quiet"), " " * (where + 5))
        lines += flow(first, notes[index], hanging, page.width, f" {page.glyphs.dot} ")
    return lines


def _widest_note(notes: Sequence[Sequence[Piece]]) -> int:
    return max((width_of(piece if isinstance(piece, str) else piece[0]) for row in notes for piece in row), default=0)


def _frame_notes(finding: Finding, index: int, root: Root, glyphs: Glyphs) -> list[Piece]:
    frame, last = finding.trace[index], index == len(finding.trace) - 1
    notes: list[Piece] = [] if index else _why_hot(root)
    if frame.per:
        notes.append((multiplied(frame.per, glyphs.times), "loop"))
    if frame.guards:
        notes.append((f"crosses {joined(list(frame.guards))}", "guard"))
    if frame.how in _HOW_WORDS:
        notes.append((f"calls {shortened(frame.call)} {_HOW_WORDS[frame.how]}", "quiet"))
    if last:
        sink = finding.sink
        notes.append((_at_sink(sink), "hot"))
        notes += [(f"instead: {sink.instead}", "fix")] if sink.instead and not finding.dependency else []
    return notes


def _at_sink(sink: Sink) -> str:
    """What is wrong at the call that a finding is about."""
    if sink.kind == "missed-await":
        return "tested without await"
    return (
        f"{sink.call} may find nobody there" if sink.kind == "pending-send" else f"{sink.call} blocks for {sink.cost}"
    )


def _why_hot(root: Root) -> list[Piece]:
    notes: list[Piece] = [(f"hot: {root.why} ({root.kind})" if root.why else f"hot: {root.kind}", "hot")]
    if root.registered_line:
        at = place(root.registered_path or root.path, root.registered_line)
        notes += [] if at == place(root.path, root.line) else [(f"registered at {at}", "quiet")]
    return notes


def _other_roots(roots: Sequence[Root], finding: Finding, page: Page) -> list[Text]:
    """Says which other roots reach the sink: by name when they are few, by kind otherwise."""
    reaches = finding.also_reached_from
    if not reaches:
        return []
    named: list[Piece] = [
        f"{roots[reach.root].function} ({roots[reach.root].kind}, {reach.verdict})" for reach in reaches
    ]
    if len(reaches) > 3:
        kinds: list[RootKind] = [roots[reach.root].kind for reach in reaches]
        tally = [f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds), key=lambda k: (-kinds.count(k), k))]
        named = [f"{count(len(reaches), 'more root')}: {', '.join(tally)}"]
    return labelled("also", named, page.width, _LABEL_COLUMN, f" {page.glyphs.dot} ")


def _observed(finding: Finding, page: Page) -> list[Text]:
    lines = []
    for evidence in finding.evidence:
        took = f"{evidence.milliseconds:,.0f} ms" if evidence.milliseconds else ""
        times = f"{evidence.count:,} times" if evidence.count > 1 else ""
        chunks: list[Piece] = [
            c for c in (evidence.kind, took, times, place(evidence.path, evidence.line), evidence.text) if c
        ]
        lines += labelled("seen", chunks, page.width, _LABEL_COLUMN)
    return lines


def _terms(finding: Finding, known: str, page: Page) -> list[Text]:
    """On what terms the fix that the heading names is to be made; nothing where that says it all."""
    found = next((archetype for archetype in finding.archetypes if archetype.id == known), None)
    if found is None or not found.why:
        return []
    return labelled("fix", [found.why, *_lifetime(found)], page.width, _LABEL_COLUMN)


def _lifetime(archetype: ProposedArchetype) -> list[Piece]:
    """How long what is kept is good, and whether calls that overlap have to share it."""
    chunks: list[Piece] = [f"good {archetype.ttl}"] if archetype.ttl else []
    return chunks + (["calls that overlap share one promise"] if archetype.single_flight == "needed" else [])


def _fixes(finding: Finding, known: str, page: Page) -> list[Text]:
    proposed = [archetype for archetype in finding.archetypes if archetype.id != known]
    if not proposed:
        return []
    best, others = proposed[0], proposed[1:_MOST_FIXES]
    chunks: list[Piece] = [(_archetype(best), "fix")] + ([best.why] if best.why else [])
    chunks += _lifetime(best)
    lines = labelled("or" if known else "fix", chunks, page.width, _LABEL_COLUMN)
    lines += labelled("left", [best.remains] if best.remains else [], page.width, _LABEL_COLUMN)
    if others:
        alternatives = ", ".join(_archetype(other, short=other.where == best.where) for other in others)
        lines += labelled("or", [alternatives], page.width, _LABEL_COLUMN)
    return lines


def _archetype(archetype: ProposedArchetype, short: bool = False) -> str:
    where = f" at {archetype.where}" if archetype.where and not short else ""
    return f"{archetype.id} ({archetype.cost}){where}"


def _next_commands(finding: Finding, page: Page) -> list[Piece]:
    number, at = finding.pattern.rpartition("-")[2], location(finding)
    possible = {
        "why": why_command(at, page),
        "explain": f"audit explain {number}",
    }
    return [command for name, command in possible.items() if name in page.commands]


def _blank(text: str) -> str:
    return f"  {text}" if text else ""
