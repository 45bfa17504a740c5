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
from alef_audit.callgraph.branches import Rules, guard_branches
from alef_audit.callgraph.calls import build_calls
from alef_audit.callgraph.configured import configured_guards, configured_roots
from alef_audit.callgraph.hot import all_roots, implicit_roots
from alef_audit.callgraph.link import link
from alef_audit.callgraph.local_models import attach_models
from alef_audit.callgraph.program import build_program
from alef_audit.callgraph.solve import solve
from alef_audit.config import Config
from alef_audit.dependencies.follow import NOTHING_FOLLOWED, Followed, OwnFile, follow
from alef_audit.dependencies.found import modelled_by
from alef_audit.dependencies.places import confined_reader, places_of
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
from alef_audit.resolution.modules import own_targets, resolve
from alef_audit.resolution.node import node_resolver
from alef_audit.resolution.python import python_resolver
from alef_audit.rulepack.load import Rulepack, bundled_rules, load_rulepack
from alef_audit.rulepack.model import LibraryModel, Row
from alef_audit.rulepack.pattern import Pattern

Progress = Callable[[str, int, int], None]
# What files of these roles import is not followed: nothing in them is an entry point, and build tools are large.
_NEVER_HOT = frozenset(("test", "example", "docs", "build", "types", "browser"))


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
    followed = _followed(request, pack, inventory, facts, progress)
    graph = _call_graph(request.config, request.platform, pack, inventory, facts, progress, followed)
    progress("reaching", 0, 1)
    reached = reach(graph, pack.kinds)
    lexicon = AuthLexicon(pack.lexicon.auth)
    matched = (f for pattern in patterns for f in match(reached, pattern, pack.kinds, lexicon, followed.packages))
    findings = relevelled(tuple(matched), tuple(root.kind for root in reached.roots), request.config.levels)
    shown = findings if request.include_discharged else tuple(map(_undischarged, _exposed(findings)))
    coverage = _coverage(inventory, facts, graph, followed if request.follow is not None else None, started)
    unresolved = unresolved_below(reached) if request.explain_unresolved else ()
    diagnostics = (*_diagnostics(inventory, facts), *_remarks_on(followed))
    made = _report(reached, patterns, findings, shown, coverage, diagnostics, unresolved)
    return msgspec.structs.replace(made, unknown_packages=followed.missing) if request.explain_unresolved else made


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


def _followed(
    request: AuditRequest,
    pack: Rulepack,
    inventory: Inventory,
    facts: list[tuple[SourceFile, FileFacts]],
    progress: Progress,
) -> Followed:
    """The installed packages that the program imports, as far as it reaches them; nothing unless asked for."""
    if request.follow is None:
        return NOTHING_FOLLOWED
    places = places_of(inventory.root, request.follow)
    nodes = node_resolver(inventory, lambda path: _read_text(inventory.root, path))
    limit = request.config.max_file_size
    return follow(
        places,
        modelled_by(pack.models),
        [OwnFile(file.path, _role(file, one) not in _NEVER_HOT, one) for file, one in facts],
        own_targets(nodes, python_resolver(inventory)),
        confined_reader(places),
        lambda files: extract_all(inventory.root, files, request.jobs, limit, progress),
        limit,
    )


def _call_graph(
    config: Config,
    platform: str,
    pack: Rulepack,
    inventory: Inventory,
    facts: list[tuple[SourceFile, FileFacts]],
    progress: Progress,
    followed: Followed = NOTHING_FOLLOWED,
) -> callgraph.CallGraph:
    progress("linking", 0, 1)
    everything = [*facts, *zip(followed.files, followed.facts, strict=True)]
    units = [(file.path, file_facts) for file, file_facts in everything]
    modules, names = resolve(inventory, units, lambda path: _read_text(inventory.root, path), followed.links)
    program = build_program(
        [
            (file.path, name, _role(file, file_facts), file_facts)
            for (file, file_facts), name in zip(everything, names, strict=True)
        ]
    )
    api = ApiGraph()
    versions = library_versions(inventory.root, inventory)
    for model in pack.models:
        api.declare_modules(model)
    for model in pack.models:
        api.add_model(model, _holds(model, versions))
    table = build_calls(program, modules, {name for _, name in api.modules})
    attach_models(program, api, table)
    state = solve(program, modules, api, table)
    graph = link(state, table, pack.lexicon, frozenset(config.executors), platform)
    roots = all_roots(graph, implicit_roots(state, table, pack.lexicon))
    chosen = configured_roots(program, config, roots)
    complete = callgraph.completed(graph, chosen, configured_guards(program, config))
    lasting = max((pattern.lasting_ttl for pattern in pack.patterns), default=0)
    return guard_branches(complete, state, Rules(pack.guards.words, pack.kinds, lasting))


def _role(file: SourceFile, facts: FileFacts) -> str:
    if file.role == "dependency":
        return file.role
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


def _remarks_on(followed: Followed) -> tuple[report.ReportDiagnostic, ...]:
    """Files of packages that were left out; how the others parsed is nothing that the program's authors can change."""
    return tuple(report.ReportDiagnostic(d.path, d.line, d.kind, d.message) for d in followed.diagnostics)


def _coverage(
    inventory: Inventory,
    facts: list[tuple[SourceFile, FileFacts]],
    graph: callgraph.CallGraph,
    followed: Followed | None,
    started: float,
) -> report.Coverage:
    """What was looked at; `followed` is None if packages were not to be followed."""
    own = sum(len(file_facts.functions) for _, file_facts in facts)  # functions of packages come after these
    resolved, unresolved = callgraph.calls_to_program(graph, own)
    return report.Coverage(
        files=len(facts),
        lines=sum(f.lines for _, f in facts),
        not_read=dict(sorted(inventory.not_read.items())),
        parse_errors=sum(1 for _, f in facts if any(p.kind == "parse-error" for p in f.problems)),
        calls=sum(graph.table.function(call) < own for call in range(len(graph.table))),
        unresolved_calls=sum(graph.table.function(call) < own for call in graph.unresolved),
        calls_to_program=resolved,
        unresolved_to_program=unresolved,
        seconds=round(time.perf_counter() - started, 2),
        dependencies=_read_packages(followed) if followed is not None else None,
    )


def _read_packages(followed: Followed) -> report.Dependencies:
    return report.Dependencies(
        tuple(sorted(set(followed.packages.values()))),
        len(followed.files),
        sum(file_facts.lines for file_facts in followed.facts),
        dict(followed.not_read),
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
