"""The stages in order; the one place that knows them all."""

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import msgspec

from alef_audit import __version__
from alef_audit.auditing import report
from alef_audit.auditing.advice import Read, advised
from alef_audit.auditing.answer import Answer
from alef_audit.auditing.compare import Side, compared, introduced_pairs
from alef_audit.auditing.coverage import coverage_of, head_of
from alef_audit.auditing.fixpoints import fix_points
from alef_audit.auditing.match import matched, root_of, worst_first
from alef_audit.auditing.missed_await import missed_awaits, standing
from alef_audit.auditing.pending_send import outbound_sends
from alef_audit.auditing.phase import Lexicon as AuthLexicon
from alef_audit.auditing.relevel import relevelled, silencer
from alef_audit.auditing.steps import Steps
from alef_audit.auditing.suppression import Suppression, audited, idle, joined, suppressions
from alef_audit.auditing.unresolved import unresolved_below
from alef_audit.auditing.why import Audited, answer, not_read, unit_at
from alef_audit.callgraph import graph as callgraph
from alef_audit.callgraph.api import ApiGraph
from alef_audit.callgraph.boundaries import bounded, comment_marks, together, without_effect
from alef_audit.callgraph.branches import Rules, guard_branches
from alef_audit.callgraph.calls import build_calls
from alef_audit.callgraph.cold import cold_roots, ending_marks
from alef_audit.callgraph.comments import Comments, on_lines, read_comments, without_lines
from alef_audit.callgraph.configured import configured_marks, configured_roots, selected, unmatched
from alef_audit.callgraph.hot import all_roots, implicit_roots
from alef_audit.callgraph.link import link
from alef_audit.callgraph.local_models import attach_models
from alef_audit.callgraph.program import Program, build_program
from alef_audit.callgraph.solve import solve
from alef_audit.config import is_config_file
from alef_audit.dependencies.follow import NOTHING_FOLLOWED, Followed, OwnFile, follow
from alef_audit.dependencies.found import modelled_by
from alef_audit.dependencies.places import confined_reader, places_of
from alef_audit.diagnostics import Diagnostic, NothingToAudit
from alef_audit.discovery.assets import browser_assets, runs_in_browser
from alef_audit.discovery.development import project_names, with_development
from alef_audit.discovery.discover import discover
from alef_audit.discovery.inventory import Inventory, SourceFile
from alef_audit.discovery.roles import refine_role
from alef_audit.discovery.unread import why_not_read
from alef_audit.discovery.versions import library_versions, satisfies, version_of
from alef_audit.facts.file import FileFacts
from alef_audit.facts.inputs import Asked, FunctionInputs
from alef_audit.frontends.extract import extract_all
from alef_audit.frontends.inputs import read_inputs
from alef_audit.git.changes import Changes
from alef_audit.reachability.reach import Reachability, reach
from alef_audit.reachability.without import without
from alef_audit.reporting.graph import GraphView
from alef_audit.reporting.graph_view import graph_view
from alef_audit.request import AuditRequest
from alef_audit.resolution.graph import ModuleGraph
from alef_audit.resolution.modules import own_targets, resolve
from alef_audit.resolution.node import node_resolver
from alef_audit.resolution.python import python_resolver
from alef_audit.rulepack.lexicon import DevelopmentWords
from alef_audit.rulepack.load import Rulepack, bundled_rules, load_rulepack
from alef_audit.rulepack.model import LibraryModel, Row
from alef_audit.rulepack.pattern import Pattern
from alef_audit.source import read_source

Progress = Callable[[str, int, int], None]
# What files of these roles import is not followed: nothing in them is an entry point, and build tools are large.
_NEVER_HOT = frozenset(("test", "example", "docs", "build", "development", "types", "browser"))


class _Linked(NamedTuple):
    """The program after the first four stages, and what was remarked on the way."""

    inventory: Inventory
    facts: list[tuple[SourceFile, FileFacts]]
    followed: Followed
    graph: callgraph.CallGraph
    comments: Comments
    remarks: tuple[Diagnostic, ...]


class _Judged(NamedTuple):
    findings: tuple[report.Finding, ...]
    muting: tuple[Suppression, ...]
    left: Reachability  # without what comments mute for every pattern
    remarks: tuple[Diagnostic, ...]


class _Examined(NamedTuple):
    """One tree after all stages."""

    linked: _Linked
    reached: Reachability
    judged: _Judged
    points: tuple[report.FixPoint, ...]
    findings: tuple[report.Finding, ...]


class Between(NamedTuple):
    """The two revisions of a comparison as the user named them ("" for the work tree), and how their text differs."""

    base: str
    head: str
    changes: Changes


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


def compare(request: AuditRequest, base: Path, between: Between, progress: Progress) -> report.AuditReport:
    """The audit of `request`, with what has changed since the tree in the folder `base`. Raises as `audit` does.

    A base in which there is nothing to audit has no findings.
    """
    with _without_collector():
        started = time.perf_counter()
        pack, patterns = _rules(request)
        now = _examined(request, pack, patterns, progress)
        try:
            then = _examined(msgspec.structs.replace(request, root=base), pack, patterns, progress)
            before = Side(then.reached.graph, _roots(then), then.judged.findings)
        except NothingToAudit:
            before = Side(None, (), ())
        after = Side(now.reached.graph, _roots(now), now.judged.findings)
        pairs = introduced_pairs(before, after, between.changes)
        new = _by_new_paths(request, pack, patterns, now, pairs)
        comparison = msgspec.structs.replace(
            compared((between.base, between.head), before, after, new, between.changes),
            said=_said(now.linked.graph.program, between.changes),
            configuration=tuple(path for path in sorted(between.changes.lines) if is_config_file(path)),
            heeded=not request.disregarded,
        )
        return msgspec.structs.replace(_report(request, patterns, now, started), comparison=comparison)


def _said(program: Program, changes: Changes) -> tuple[report.Said, ...]:
    """The comments to this tool on changed lines."""
    found = on_lines(read_comments(program), program, changes.lines)
    return tuple(
        report.Said(program.units[one.unit].path, one.directive.line, f"audit: {one.directive.text}") for one in found
    )


def _audit(request: AuditRequest, progress: Progress) -> report.AuditReport:
    started = time.perf_counter()
    pack, patterns = _rules(request)
    return _report(request, patterns, _examined(request, pack, patterns, progress), started)


def _rules(request: AuditRequest) -> tuple[Rulepack, list[Pattern]]:
    """All rules, and the patterns asked for."""
    pack = load_rulepack([bundled_rules(), *request.rules])
    return pack, [p for p in pack.patterns if not request.patterns or p.number in request.patterns]


def _examined(request: AuditRequest, pack: Rulepack, patterns: list[Pattern], progress: Progress) -> _Examined:
    linked = _linked(request, pack, progress)
    progress("reaching", 0, 1)
    reached = _reached(pack, linked)
    judged = _judged(request, pack, patterns, linked, reached)
    return _Examined(linked, reached, judged, *_completed(request, pack, patterns, linked, judged))


def _roots(examined: _Examined) -> tuple[report.Root, ...]:
    return tuple(root_of(examined.reached.graph, root) for root in examined.reached.roots)


def _by_new_paths(
    request: AuditRequest, pack: Rulepack, patterns: list[Pattern], now: _Examined, pairs: Mapping[str, int]
) -> tuple[report.Finding, ...]:
    """The findings of `pairs` as they are by the worst path from one of these roots, worst first."""
    kinds = tuple(root.kind for root in now.reached.roots)
    auth, packages = AuthLexicon(pack.lexicon.auth), now.linked.followed.packages
    silenced = silencer(kinds, request.config.levels)
    found: list[report.Finding] = []
    for pattern in patterns:
        names = {
            site: one.fingerprint for site, one in matched(now.reached, pattern, pack.kinds, auth, packages).items()
        }
        only = {site: pairs[name] for site, name in names.items() if name in pairs}
        again = matched(now.judged.left, pattern, pack.kinds, auth, packages, silenced, only)
        found += [msgspec.structs.replace(one, fingerprint=names[site]) for site, one in again.items()]
    levelled = relevelled(worst_first(found), kinds, request.config.levels, pack.kinds.score)
    return _advised(request, pack, patterns, now.linked, now.judged.left, levelled, now.points)


def _report(request: AuditRequest, patterns: list[Pattern], examined: _Examined, started: float) -> report.AuditReport:
    linked, reached, judged, points, findings = examined
    shown = findings if request.include_discharged else tuple(map(_undischarged, _exposed(findings)))
    coverage = coverage_of(
        linked.inventory,
        len(browser_assets(linked.inventory)),
        linked.facts,
        linked.graph,
        linked.followed if request.follow is not None else None,
        time.perf_counter() - started,
    )
    unresolved = unresolved_below(reached) if request.explain_unresolved else ()
    return report.AuditReport(
        tool_version=__version__,
        patterns=tuple(head_of(pattern) for pattern in patterns),
        roots=_roots(examined),
        fix_points=points,
        findings=shown,
        discharged=sum(1 for f in judged.findings if f.verdict == "discharged"),
        coverage=coverage,
        diagnostics=_diagnostics(linked, judged.remarks),
        unresolved=unresolved,
        unknown_packages=linked.followed.missing if request.explain_unresolved else (),
    )


def why(request: AuditRequest, path: str, line: int, progress: Progress) -> Answer:
    """Why `line` of the file `path` (relative to the root) is reported or not, by the first pattern asked for.

    Raises as `audit` does.
    """
    with _without_collector():
        pack = load_rulepack([bundled_rules(), *request.rules])
        patterns = [p for p in pack.patterns if not request.patterns or p.number in request.patterns][:1]
        linked = _linked(request, pack, progress)
        progress("reaching", 0, 1)
        reached = _reached(pack, linked)
        unit = unit_at(reached, path)
        if unit is None:
            reason = why_not_read(linked.inventory, request.config, path)
            return not_read(path, line, reason)
        judged = _judged(request, pack, patterns, linked, reached)
        _, findings = _completed(request, pack, patterns, linked, judged, path)
        excluded = selected(linked.graph.program, request.config).not_roots
        left_out = frozenset(function for functions in excluded for function in functions)
        muting = tuple(one for one in judged.muting if patterns[0].id in one.patterns)
        about = Audited(
            reached,
            patterns[0],
            pack.kinds,
            findings,
            muting,
            left_out,
            request.platform,
            request.config.include_tests,
        )
        return answer(about, unit, line)


def _reached(pack: Rulepack, linked: _Linked) -> Reachability:
    """The blocking calls and the misuses of the program, and what reaches them."""
    checks = missed_awaits(linked.graph, AuthLexicon(pack.lexicon.auth), pack.lexicon.predicates)
    reached = standing(reach(replace(linked.graph, sinks=(*linked.graph.sinks, *checks)), pack.kinds))
    return replace(reached, sinks=(*reached.sinks, *outbound_sends(reached, pack.lexicon.connection_state)))


def _judged(
    request: AuditRequest, pack: Rulepack, patterns: list[Pattern], linked: _Linked, reached: Reachability
) -> _Judged:
    """The findings of all patterns, suppressed ones included, and remarks on suppressions."""
    muting, remarks = suppressions(linked.graph.program, linked.comments, pack.patterns)
    kinds = tuple(root.kind for root in reached.roots)
    silenced = silencer(kinds, request.config.levels)
    lexicon = AuthLexicon(pack.lexicon.auth)
    findings: list[report.Finding] = []
    needless: Counter[Suppression] = Counter()
    for pattern in patterns:
        own = tuple(one for one in muting if pattern.id in one.patterns)
        done = audited(reached, pattern, pack.kinds, lexicon, linked.followed.packages, own, silenced)
        findings += done.findings
        needless.update(done.unused)
    common = [one for one in muting if all(pattern.id in one.patterns for pattern in patterns)]
    left = without(reached, joined(common)) if common else reached
    # part of a program, or one platform's part, does not tell what is needless
    whole = not request.only and request.platform == "any"
    ids = {pattern.id for pattern in patterns}
    idle_ones = [one for one in muting if 0 < needless[one] == len(ids & one.patterns)] if whole else []
    told = tuple(idle(linked.graph.program, one) for one in idle_ones)
    levelled = relevelled(tuple(findings), kinds, request.config.levels, pack.kinds.score)
    return _Judged(levelled, muting, left, (*remarks, *told))


def _completed(
    request: AuditRequest, pack: Rulepack, patterns: list[Pattern], linked: _Linked, judged: _Judged, about: str = ""
) -> tuple[tuple[report.FixPoint, ...], tuple[report.Finding, ...]]:
    """The fix points, and the findings with what to do about them: of those through the file `about`, if given."""
    left, findings = judged.left, judged.findings
    auth, words = AuthLexicon(pack.lexicon.auth), pack.lexicon
    steps = Steps(left, findings)
    points = fix_points(left, patterns, auth, words, findings, steps)
    read = _reader(request, linked.inventory)
    return points, advised(left, patterns, pack.kinds, auth, words, findings, points, steps, read, about)


def _advised(
    request: AuditRequest,
    pack: Rulepack,
    patterns: list[Pattern],
    linked: _Linked,
    left: Reachability,
    findings: tuple[report.Finding, ...],
    points: Sequence[report.FixPoint],
) -> tuple[report.Finding, ...]:
    """Other findings of the same program with what to do about them."""
    auth, steps = AuthLexicon(pack.lexicon.auth), Steps(left, findings)
    read = _reader(request, linked.inventory)
    return advised(left, patterns, pack.kinds, auth, pack.lexicon, findings, points, steps, read)


def _reader(request: AuditRequest, inventory: Inventory) -> Read:
    """Reads what functions of the program's own files work with, when a fix is looked for."""
    grammars = {file.path: file.grammar for file in inventory.files}

    def read(path: str, asked: Sequence[Asked]) -> Sequence[FunctionInputs | None]:
        if path not in grammars:
            return (None,) * len(asked)
        data = read_source(inventory.root / path, request.config.max_file_size).data
        return read_inputs(data, grammars[path], asked)

    return read


def _exposed(findings: tuple[report.Finding, ...]) -> tuple[report.Finding, ...]:
    return tuple(finding for finding in findings if finding.verdict != "discharged")


def _undischarged(finding: report.Finding) -> report.Finding:
    """The finding without the roots that reach it behind a guard only."""
    reach = tuple(one for one in finding.also_reached_from if one.verdict != "discharged")
    return msgspec.structs.replace(finding, also_reached_from=reach)


def _facts(
    request: AuditRequest, words: DevelopmentWords, progress: Progress
) -> tuple[Inventory, list[tuple[SourceFile, FileFacts]]]:
    found = discover(request.root, request.config, request.only)
    inventory = with_development(found, words, lambda path: _read_text(found.root, path))
    unread = ("types",) if request.config.include_tests else ("types", "test")
    served = browser_assets(inventory)
    files = [file for file in inventory.files if file.role not in unread and file.path not in served]
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


def _linked(request: AuditRequest, pack: Rulepack, progress: Progress) -> _Linked:
    inventory, facts = _facts(request, pack.lexicon.development, progress)
    followed = _followed(request, pack, inventory, facts, progress)
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
    comments = without_lines(read_comments(program), program, request.disregarded)
    graph, remarks = _call_graph(request, pack, inventory, program, modules, comments)
    return _Linked(inventory, facts, followed, graph, comments, (*comments.remarks, *remarks))


def _call_graph(
    request: AuditRequest,
    pack: Rulepack,
    inventory: Inventory,
    program: Program,
    modules: ModuleGraph,
    comments: Comments,
) -> tuple[callgraph.CallGraph, tuple[Diagnostic, ...]]:
    """The call graph with what comments and configuration say of it, and remarks on what they say in vain."""
    config = request.config
    api = ApiGraph()
    versions = library_versions(inventory.root, inventory)
    for model in pack.models:
        api.declare_modules(model)
    for model in pack.models:
        api.add_model(model, _holds(model, versions))
    table = build_calls(program, modules, {name for _, name in api.modules})
    attach_models(program, api, table)
    state = solve(program, modules, api, table)
    graph = link(state, table, pack.lexicon, frozenset(config.executors), request.platform)
    found = selected(program, config)
    said = comment_marks(program, comments)
    implicit = [*implicit_roots(state, table, pack.lexicon), *cold_roots(graph, pack.lexicon)]
    roots = [*all_roots(graph, implicit), *said.roots]
    project = project_names(inventory, lambda path: _read_text(inventory.root, path))
    ends = ending_marks(graph, pack.lexicon, project, said.roots)
    marks = together(together(said, ends), configured_marks(program, config, found))
    remarks = (*unmatched(graph, config, found, request.config_file), *without_effect(graph, comments))
    complete = bounded(graph, configured_roots(config, found, roots), marks)
    lasting = max((pattern.lasting_ttl for pattern in pack.patterns), default=0)
    return guard_branches(complete, state, Rules(pack.guards.words, pack.kinds, lasting)), remarks


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
        return _linked(request, pack, progress).graph


def _read_text(root: Path, path: str) -> str | None:
    try:
        return (root / path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None


def _diagnostics(linked: _Linked, remarks: tuple[Diagnostic, ...]) -> tuple[report.ReportDiagnostic, ...]:
    """All remarks by file and line; last those on files of packages that were left out.

    How the other files of packages parsed is nothing that the program's authors can change.
    """
    found = {*linked.inventory.diagnostics, *linked.remarks, *remarks}
    for file, file_facts in linked.facts:
        found.update(Diagnostic(file.path, p.line, p.kind, p.message) for p in file_facts.problems)
    ordered = (*sorted(found), *linked.followed.diagnostics)
    return tuple(report.ReportDiagnostic(d.path, d.line, d.kind, d.message) for d in ordered)
