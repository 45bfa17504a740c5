"""The summary of the terminal report, and the list of unresolved calls."""

from collections import Counter
from collections.abc import Iterator

from rich.text import Text

from alef_audit.auditing.report import AuditReport, Finding, FixPoint, location
from alef_audit.reporting.layout import Piece, flow, labelled, styled
from alef_audit.reporting.select import per_level
from alef_audit.reporting.text_finding import Page, place, why_command
from alef_audit.reporting.words import count, percentage, shortened

_COLUMN = 15
_TOP = 3
_MOST_DIAGNOSTICS = 5
_MOST_PACKAGES = 40
_NO_ROOTS = (
    "none: no handler, callback or exported async function here is known to run on an event loop; "
    "the configuration or a rules folder (--rules DIR) can name yours"
)


def summary(report: AuditReport, found: tuple[Finding, ...], page: Page) -> Iterator[Text]:
    """Counts, phases, fix points, roots, what was looked at, what to do next, how to cite.

    `found` are the findings that count.
    """
    dots = f" {page.glyphs.dot} "
    yield styled((f"Summary {page.glyphs.rule * max(0, min(page.width, 100) - 8)}", "strong"))
    yield from labelled("findings", _counts(report, found), page.width, _COLUMN, dots)
    phases = Counter(finding.phase for finding in found)
    ordered: list[Piece] = [f"{phase} {n}" for phase, n in sorted(phases.items(), key=lambda item: (-item[1], item[0]))]
    yield from labelled("phase", ordered, page.width, _COLUMN, dots)
    yield from _fix_points(report, found, page)
    yield from labelled("roots", _roots(report), page.width, _COLUMN, dots)
    yield from labelled("looked at", _looked_at(report), page.width, _COLUMN, dots)
    yield from labelled("dependencies", _dependencies(report), page.width, _COLUMN, dots)
    yield from labelled("calls", _calls(report), page.width, _COLUMN, dots)
    yield from _diagnostics(report, page)
    yield from labelled("next", _next(found, page), page.width, _COLUMN, dots, split=False)
    yield from _cite(report, found, page)


def unresolved_section(report: AuditReport, page: Page) -> Iterator[Text]:
    """Per root, how many calls below it could not be resolved, and what they look like."""
    if not report.unresolved:
        return
    yield styled(("Unresolved calls below hot entry points", "strong"))
    for item in report.unresolved:
        root = report.roots[item.root]
        first = styled(f"  {place(root.path, root.line)}  {root.function} ({root.kind})  {count(item.calls, 'call')}:")
        examples: list[Piece] = [shortened(example) for example in item.examples]
        yield from flow(_spaced(first), examples, styled("      "), page.width, ", ")
    yield Text("", end="")


def unknown_section(report: AuditReport, page: Page) -> Iterator[Text]:
    """Imported packages of which nothing is known: neither described by a model nor followed."""
    names = report.unknown_packages
    if not names:
        return
    yield styled(("Imported packages that no model describes and that were not found", "strong"))
    pieces: list[Piece] = [*names[:_MOST_PACKAGES]]
    pieces += [f"and {len(names) - _MOST_PACKAGES:,} more: --format json has them all"] * (len(names) > _MOST_PACKAGES)
    yield from flow(styled("  "), pieces, styled("  "), page.width, ", ")
    yield Text("", end="")


def _counts(report: AuditReport, found: tuple[Finding, ...]) -> list[Piece]:
    levels = per_level(found)
    pieces: list[Piece] = [(count(number, level), level if number else "") for level, number in levels.items()]
    for status in ("suppressed", "baselined"):
        number = sum(finding.status == status for finding in report.findings)
        pieces += [f"{number} {status}"] if number else []
    return pieces + ([f"{report.discharged} discharged by a guard"] if report.discharged else [])


def _fix_points(report: AuditReport, found: tuple[Finding, ...], page: Page) -> Iterator[Text]:
    open_ones = {finding.fingerprint for finding in found}
    tally = [(len(open_ones.intersection(point.heals)), point) for point in report.fix_points]
    best = sorted((pair for pair in tally if pair[0] > 1), key=lambda p: (-p[0], p[1].path, p[1].line, p[1].archetype))
    for index, (_, point) in enumerate(best[:_TOP]):
        text = f"{point.archetype} at {point.function} ({place(point.path, point.line)})"
        yield from labelled(
            "" if index else "fix points", [(text, "fix"), healing(point, found)], page.width, _COLUMN, " "
        )


def healing(point: FixPoint, found: tuple[Finding, ...]) -> str:
    """`heals 31 of 47 errors and warnings`; notes enter the count only where the fix point heals notes."""
    healed = [finding for finding in found if finding.fingerprint in point.heals]
    softened = sum(finding.fingerprint in point.mitigates for finding in found)
    more = f" and mitigates {softened}" if softened else ""
    if any(finding.level == "note" for finding in healed):
        return f"heals {len(healed)} of {count(len(found), 'finding')}{more}"
    serious = sum(finding.level != "note" for finding in found)
    return f"heals {len(healed)} of {serious:,} errors and warnings{more}"


def _roots(report: AuditReport) -> list[Piece]:
    kinds = Counter(root.kind for root in report.roots)
    found: list[Piece] = [f"{kind} {n:,}" for kind, n in sorted(kinds.items(), key=lambda item: (-item[1], item[0]))]
    return found or [(_NO_ROOTS, "warning")]


def _looked_at(report: AuditReport) -> list[Piece]:
    coverage = report.coverage
    pieces: list[Piece] = [
        f"{count(coverage.files, 'file')}, {count(coverage.lines, 'line')} in {coverage.seconds:.1f} s"
    ]
    not_read = [f"{files:,} {reason}" for reason, files in sorted(coverage.not_read.items()) if files]
    if not_read:
        pieces.append((f"not read: {', '.join(not_read)}", "warning"))
    if coverage.parse_errors:
        pieces.append((f"{count(coverage.parse_errors, 'file')} with syntax errors, read in part", "warning"))
    return pieces


def _dependencies(report: AuditReport) -> list[Piece]:
    """What was followed, on one line; nothing if it was not asked for."""
    found = report.coverage.dependencies
    if found is None:
        return []
    size = f"{count(found.files, 'file')}, {count(found.lines, 'line')}"
    pieces: list[Piece] = [f"followed {count(len(found.packages), 'package')}: {size}" if found.files else "none found"]
    left_out = [f"{files:,} {reason}" for reason, files in sorted(found.not_read.items()) if files]
    return pieces + ([(f"not read: {', '.join(left_out)}", "warning")] if left_out else [])


def _calls(report: AuditReport) -> list[Piece]:
    coverage = report.coverage
    if not coverage.calls:
        return []
    share = percentage(coverage.unresolved_calls, coverage.calls)
    hint = "" if report.unresolved or not coverage.unresolved_calls else " (--explain-unresolved lists them)"
    to_program = coverage.calls_to_program + coverage.unresolved_to_program
    if not coverage.unresolved_to_program:
        return [f"{coverage.calls:,}", f"{share} unresolved{hint}"]
    own = percentage(coverage.unresolved_to_program, to_program)
    return [f"{coverage.calls:,}", f"{share} unresolved, {own} of those to the program's own functions{hint}"]


def _diagnostics(report: AuditReport, page: Page) -> Iterator[Text]:
    for index, item in enumerate(report.diagnostics[:_MOST_DIAGNOSTICS]):
        chunks: list[Piece] = [place(item.path, item.line), f"{item.message} ({item.kind})"]
        yield from labelled("" if index else "diagnostics", [c for c in chunks if c], page.width, _COLUMN)
    more = len(report.diagnostics) - _MOST_DIAGNOSTICS
    if more > 0:
        yield from labelled("", [(f"and {more:,} more: --format json has them all", "quiet")], page.width, _COLUMN)


def _next(found: tuple[Finding, ...], page: Page) -> list[Piece]:
    if not found:
        return ["audit patterns"] if "patterns" in page.commands else []
    numbers = sorted({finding.pattern.rpartition("-")[2] for finding in found})
    explain: list[Piece] = [f"audit explain {number}" for number in numbers] if "explain" in page.commands else []
    worst = location(found[0])
    why: list[Piece] = [why_command(worst, page)] if "why" in page.commands else []
    return why + explain


def _cite(report: AuditReport, found: tuple[Finding, ...], page: Page) -> Iterator[Text]:
    used = {finding.pattern for finding in found}
    for head in report.patterns:
        if head.id in used:
            for index, line in enumerate(head.cite):
                yield from labelled("" if index else "cite as", [line], page.width, _COLUMN, split=False)


def _spaced(line: Text) -> Text:
    line.append(" ")
    return line
