"""The stages in order; the one place that knows them all."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from alef_audit import __version__
from alef_audit.auditing import report
from alef_audit.auditing.fixpoints import fix_points
from alef_audit.auditing.match import match, root_of
from alef_audit.auditing.phase import Lexicon as AuthLexicon
from alef_audit.auditing.relevel import relevelled
from alef_audit.auditing.unresolved import unresolved_below
from alef_audit.callgraph import graph as callgraph
from alef_audit.callgraph.api import ApiGraph
from alef_audit.callgraph.calls import build_calls
from alef_audit.callgraph.configured import configured_guards, configured_roots
from alef_audit.callgraph.hot import all_roots, implicit_roots
from alef_audit.callgraph.link import link
from alef_audit.callgraph.local_models import attach_models
from alef_audit.callgraph.program import build_program
from alef_audit.callgraph.solve import solve
from alef_audit.config import Config
from alef_audit.diagnostics import NothingToAudit
from alef_audit.discovery.assets import runs_in_browser, without_browser_assets
from alef_audit.discovery.discover import discover
from alef_audit.discovery.inventory import Inventory, SourceFile
from alef_audit.discovery.roles import refine_role
from alef_audit.discovery.versions import library_versions, satisfies, version_of
from alef_audit.facts.file import FileFacts
from alef_audit.frontends.extract import extract_all
from alef_audit.reachability.reach import Reachability, reach
from alef_audit.reporting.graph import GraphView
from alef_audit.reporting.graph_view import graph_view
from alef_audit.request import AuditRequest
from alef_audit.resolution.modules import resolve
from alef_audit.rulepack.load import Rulepack, bundled_rules, load_rulepack
from alef_audit.rulepack.model import LibraryModel, Row
from alef_audit.rulepack.pattern import Pattern

Progress = Callable[[str, int, int], None]


def audit(request: AuditRequest, progress: Progress) -> report.AuditReport:
    """Run every stage on `request.root`. Raises NothingToAudit, RulepackError, ConfigError."""
    with _without_collector():
        return _audit(request, progress)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Millions of small values live until the end: looking for cycles among them takes longer than linking does."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _audit(request: AuditRequest, progress: Progress) -> report.AuditReport:
    started = time.perf_counter()
    pack = load_rulepack([bundled_rules(), *request.rules])
    patterns = [p for p in pack.patterns if not request.patterns or p.number in request.patterns]
    inventory, facts = _facts(request, progress)
    graph = _call_graph(request.config, request.platform, pack, inventory, facts, progress)
    progress("reaching", 0, 1)
    reached = reach(graph, pack.kinds)
    lexicon = AuthLexicon(pack.lexicon.auth)
    matched = (f for pattern in patterns for f in match(reached, pattern, pack.kinds, lexicon))
    findings = relevelled(tuple(matched), tuple(root.kind for root in reached.roots), request.config.levels)
    shown = findings if request.include_discharged else tuple(map(_undischarged, _exposed(findings)))
    coverage = _coverage(inventory, facts, graph, started)
    unresolved = unresolved_below(reached) if request.explain_unresolved else ()
    return _report(reached, patterns, findings, shown, coverage, _diagnostics(inventory, facts), unresolved)


def _exposed(findings: tuple[report.Finding, ...]) -> tuple[report.Finding, ...]:
    return tuple(finding for finding in findings if finding.verdict != "discharged")


def _undischarged(finding: report.Finding) -> report.Finding:
    """The finding without the roots that reach it behind a guard only."""
    reach = tuple(one for one in finding.also_reached_from if one.verdict != "discharged")
    return msgspec.structs.replace(finding, also_reached_from=reach)


def _facts(request: AuditRequest, progress: Progress) -> tuple[Inventory, list[tuple[SourceFile, FileFacts]]]:
    inventory = discover(request.root, request.config, request.only)
    unread = ("types",) if request.config.include_tests else ("types", "test")
    files = [file for file in without_browser_assets(inventory) if file.role not in unread]
    if not files:
        raise NothingToAudit(f"no TypeScript, JavaScript or Python files below {request.root}")
    facts = extract_all(inventory.root, files, request.jobs, request.config.max_file_size, progress)
    return inventory, list(zip(files, facts, strict=True))


def _call_graph(
    config: Config,
    platform: str,
    pack: Rulepack,
    inventory: Inventory,
    facts: list[tuple[SourceFile, FileFacts]],
    progress: Progress,
) -> callgraph.CallGraph:
    progress("linking", 0, 1)
    units = [(file.path, file_facts) for file, file_facts in facts]
    modules, names = resolve(inventory, units, lambda path: _read_text(inventory.root, path))
    program = build_program(
        [
            (file.path, name, _role(file, file_facts), file_facts)
            for (file, file_facts), name in zip(facts, names, strict=True)
        ]
    )
    api = ApiGraph()
    versions = library_versions(inventory.root, inventory)
    for model in pack.models:
        api.declare_modules(model)
    for model in pack.models:
        api.add_model(model, _holds(model, versions))
    table = build_calls(program)
    attach_models(program, api, table)
    state = solve(program, modules, api, table)
    graph = link(state, table, pack.lexicon, frozenset(config.executors), platform)
    roots = all_roots(graph, implicit_roots(state, table, pack.lexicon))
    chosen = configured_roots(program, config, roots)
    return callgraph.completed(graph, chosen, configured_guards(program, config))


def _role(file: SourceFile, facts: FileFacts) -> str:
    if file.role == "product" and runs_in_browser(facts):
        return "browser"
    return refine_role(file.role, frozenset(item.specifier for item in facts.imports))


def _holds(model: LibraryModel, versions: dict[str, str]) -> Callable[[Row], bool]:
    """Whether a row holds for the version in use; of an unknown version the newest behaviour is taken."""
    version = version_of(versions, model.library.ecosystem, model.library.package or model.library.name)

    def holds(row: Row) -> bool:
        if not row.versions:
            return True
        known = satisfies(version, row.versions)
        return known if known is not None else "<" not in row.versions

    return holds


def graph(request: AuditRequest, progress: Progress) -> GraphView:
    """The call graph of `request.root`, for `audit graph`. Raises as `audit` does."""
    pack = load_rulepack([bundled_rules(), *request.rules])
    return graph_view(call_graph(request, pack, progress))


def call_graph(request: AuditRequest, pack: Rulepack, progress: Progress) -> callgraph.CallGraph:
    """The first four stages on `request.root`. Raises NothingToAudit, ConfigError."""
    with _without_collector():
        inventory, facts = _facts(request, progress)
        return _call_graph(request.config, request.platform, pack, inventory, facts, progress)


def _read_text(root: Path, path: str) -> str | None:
    try:
        return (root / path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None


def _diagnostics(
    inventory: Inventory, facts: list[tuple[SourceFile, FileFacts]]
) -> tuple[report.ReportDiagnostic, ...]:
    found = [report.ReportDiagnostic(d.path, d.line, d.kind, d.message) for d in inventory.diagnostics]
    for file, file_facts in facts:
        found.extend(report.ReportDiagnostic(file.path, p.line, p.kind, p.message) for p in file_facts.problems)
    return tuple(sorted(found, key=lambda d: (d.path, d.line, d.kind, d.message)))


def _coverage(
    inventory: Inventory, facts: list[tuple[SourceFile, FileFacts]], graph: callgraph.CallGraph, started: float
) -> report.Coverage:
    return report.Coverage(
        files=len(facts),
        lines=sum(f.lines for _, f in facts),
        not_read=dict(sorted(inventory.not_read.items())),
        parse_errors=sum(1 for _, f in facts if any(p.kind == "parse-error" for p in f.problems)),
        calls=len(graph.table),
        unresolved_calls=len(graph.unresolved),
        seconds=round(time.perf_counter() - started, 2),
    )


def _report(
    reached: Reachability,
    patterns: list[Pattern],
    findings: tuple[report.Finding, ...],
    shown: tuple[report.Finding, ...],
    coverage: report.Coverage,
    diagnostics: tuple[report.ReportDiagnostic, ...],
    unresolved: tuple[report.Unresolved, ...],
) -> report.AuditReport:
    return report.AuditReport(
        tool_version=__version__,
        patterns=tuple(_head(pattern) for pattern in patterns),
        roots=tuple(root_of(reached.graph, root) for root in reached.roots),
        fix_points=fix_points(reached, shown),
        findings=shown,
        discharged=sum(1 for f in findings if f.verdict == "discharged"),
        coverage=coverage,
        diagnostics=diagnostics,
        unresolved=unresolved,
    )


def _head(pattern: Pattern) -> report.PatternHead:
    return report.PatternHead(
        pattern.id,
        pattern.slug,
        pattern.title,
        pattern.severity,
        pattern.stage,
        pattern.pathology,
        pattern.confidence,
        pattern.reference,
        pattern.cite,
    )
