"""From files to the call graph of the program."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from alef_audit.callgraph import graph as callgraph
from alef_audit.callgraph.api import ApiGraph
from alef_audit.callgraph.boundaries import bounded, comment_marks, together, without_effect
from alef_audit.callgraph.branches import Rules, guard_branches
from alef_audit.callgraph.calls import build_calls
from alef_audit.callgraph.cold import cold_roots, ending_marks
from alef_audit.callgraph.comments import Comments, read_comments, without_lines
from alef_audit.callgraph.configured import configured_marks, configured_roots, selected, unmatched
from alef_audit.callgraph.contention import contended
from alef_audit.callgraph.described import by_attribute
from alef_audit.callgraph.drawn import told_once
from alef_audit.callgraph.exits import ending_functions, run_once
from alef_audit.callgraph.exported import exported_functions
from alef_audit.callgraph.hot import all_roots, implicit_roots
from alef_audit.callgraph.joining import joined
from alef_audit.callgraph.link import link
from alef_audit.callgraph.local_models import attach_models
from alef_audit.callgraph.loopless import on_loops
from alef_audit.callgraph.private_loops import without_private
from alef_audit.callgraph.program import Program, build_program
from alef_audit.callgraph.readable import without_announced
from alef_audit.callgraph.ready import unready
from alef_audit.callgraph.rounds import rounds_alone
from alef_audit.callgraph.solve import solve
from alef_audit.callgraph.unused import unused_coroutines
from alef_audit.dependencies.follow import NOTHING_FOLLOWED, Followed, OwnFile, follow
from alef_audit.dependencies.found import modelled_by
from alef_audit.dependencies.places import confined_reader, places_of
from alef_audit.diagnostics import Diagnostic
from alef_audit.discovery.assets import runs_in_browser
from alef_audit.discovery.development import project_names, with_development
from alef_audit.discovery.inventory import Inventory, SourceFile
from alef_audit.discovery.published import closed_files, entry_files
from alef_audit.discovery.roles import refine_role
from alef_audit.discovery.versions import satisfies, version_of
from alef_audit.facts.file import FileFacts, Import
from alef_audit.pipeline.collector import without_collector
from alef_audit.pipeline.progress import Progress
from alef_audit.pipeline.reading import facts_of
from alef_audit.pipeline.surveying import Survey, digests_below, files_to_read, survey
from alef_audit.reachability.surface import SURFACE_ROLES
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

# What files of these roles import is not followed: nothing in them is an entry point, and build tools are large.
_NEVER_HOT = frozenset(("test", "example", "docs", "build", "development", "types", "browser"))


class Linked(NamedTuple):
    """The program after the first four stages, and what was remarked on the way."""

    inventory: Inventory
    facts: list[tuple[SourceFile, FileFacts]]
    followed: Followed
    graph: callgraph.CallGraph
    comments: Comments
    remarks: tuple[Diagnostic, ...]


def link_program(request: AuditRequest, pack: Rulepack, surveyed: Survey, progress: Progress) -> Linked:
    inventory, facts = _facts(request, pack.lexicon.development, surveyed, progress)
    surveyed = surveyed._replace(inventory=inventory)
    followed = _followed(request, pack, surveyed, facts, progress)
    progress("linking", 0, 1)
    everything = [*facts, *zip(followed.files, followed.facts, strict=True)]
    units = [(file.path, file_facts) for file, file_facts in everything]
    modules, names = resolve(inventory, units, surveyed.read, followed.links)
    program = build_program(
        [
            (file.path, name, _role(file, file_facts), file_facts)
            for (file, file_facts), name in zip(everything, names, strict=True)
        ]
    )
    comments = without_lines(read_comments(program), program, request.disregarded)
    graph, remarks = _call_graph(request, pack, surveyed, program, modules, comments)
    return Linked(inventory, facts, followed, graph, comments, (*comments.remarks, *remarks))


def _facts(
    request: AuditRequest, words: DevelopmentWords, surveyed: Survey, progress: Progress
) -> tuple[Inventory, list[tuple[SourceFile, FileFacts]]]:
    inventory = with_development(surveyed.inventory, words, surveyed.read)
    files = files_to_read(inventory, request.config)
    facts = facts_of(request, inventory.root, files, surveyed.digests, progress)
    return inventory, list(zip(files, facts, strict=True))


def _followed(
    request: AuditRequest,
    pack: Rulepack,
    surveyed: Survey,
    facts: list[tuple[SourceFile, FileFacts]],
    progress: Progress,
) -> Followed:
    """The installed packages that the program imports, as far as it reaches them; nothing unless asked for."""
    if request.follow is None:
        return NOTHING_FOLLOWED
    inventory = surveyed.inventory
    places = places_of(inventory.root, request.follow)
    nodes = node_resolver(inventory, surveyed.read)
    return follow(
        places,
        modelled_by(pack.models),
        [OwnFile(file.path, _role(file, one) not in _NEVER_HOT, one) for file, one in facts],
        own_targets(nodes, python_resolver(inventory)),
        confined_reader(places),
        lambda files: facts_of(request, inventory.root, files, digests_below(request, files), progress),
        request.config.max_file_size,
    )


def _api_graph(pack: Rulepack, surveyed: Survey) -> ApiGraph:
    """What the models say, as far as it holds for the versions that the target uses."""
    api = ApiGraph()
    for model in pack.models:
        api.declare_modules(model)
    for model in pack.models:
        api.add_model(model, _holds(model, surveyed.versions))
    api.fit_patterns()
    return api


def _call_graph(
    request: AuditRequest,
    pack: Rulepack,
    surveyed: Survey,
    program: Program,
    modules: ModuleGraph,
    comments: Comments,
) -> tuple[callgraph.CallGraph, tuple[Diagnostic, ...]]:
    """The call graph with what comments and configuration say of it, and remarks on what they say in vain."""
    config = request.config
    api = _api_graph(pack, surveyed)
    table = build_calls(program, modules, {name for _, name in api.modules})
    attach_models(program, api, table)
    state = solve(program, modules, api, table, pack.lexicon.base_classes)
    graph = link(state, table, pack.lexicon, frozenset(config.executors), request.platform)
    graph = replace(graph, exported=exported_functions(state, table, entry_files(surveyed.inventory, surveyed.read)))
    closed = closed_files(surveyed.inventory, surveyed.read)
    graph = replace(graph, unused=unused_coroutines(state, table, graph, closed))
    graph = replace(graph, ending=ending_functions(graph, pack.lexicon.ending))
    found = selected(program, config)
    said = comment_marks(program, comments)
    implicit = [*implicit_roots(state, table, pack.lexicon), *cold_roots(graph, pack.lexicon)]
    hot = on_loops(graph, state, all_roots(graph, implicit, pack.lexicon.listening), pack.lexicon)
    hot = run_once(graph, without_private(graph, hot, pack.lexicon), pack.lexicon.ending)
    roots = [*hot, *said.roots]
    project = project_names(surveyed.inventory, surveyed.read)
    ends = ending_marks(graph, pack.lexicon, project, said.roots)
    marks = together(together(said, ends), configured_marks(program, config, found))
    remarks = (*unmatched(graph, config, found, request.config_file), *without_effect(graph, comments))
    complete = rounds_alone(bounded(graph, configured_roots(config, found, roots), marks))
    lasting = max((pattern.lasting_ttl for pattern in pack.patterns), default=0)
    guarded = guard_branches(complete, state, Rules(pack.guards.words, pack.kinds, lasting))
    return contended(joined(without_announced(unready(told_once(by_attribute(guarded, state)))))), remarks


def _role(file: SourceFile, facts: FileFacts) -> str:
    if file.role == "dependency":
        return file.role
    if file.role in SURFACE_ROLES and runs_in_browser(facts):
        return "browser"
    outside = [item for item in facts.imports if not item.function and not item.type_only]
    imports = _modules(facts.imports, facts.language)
    return refine_role(file.role, imports, _modules(outside, facts.language), facts.names)


def _modules(imports: Iterable[Import], language: str) -> frozenset[str]:
    """The names of imported modules as they are spelled; what `from a import b` takes may be a module, named `a.b`."""
    if language != "python":
        return frozenset(item.specifier for item in imports)
    # `import a.b` binds `a` as well, which is written down as an import of its own
    longer = {(item.line, item.specifier.partition(".")[0]) for item in imports if "." in item.specifier}
    plain = [item for item in imports if item.name or (item.line, item.specifier) not in longer]
    return frozenset(f"{item.specifier}.{item.name}" if item.name else item.specifier for item in plain)


def _holds(model: LibraryModel, versions: Mapping[str, str]) -> Callable[[Row], bool]:
    """Whether a row holds for the version in use; of an unknown version the newest behaviour is taken."""
    version = version_of(versions, model.library.ecosystem, model.library.package or model.library.name)

    def holds(row: Row) -> bool:
        if not row.versions:
            return True
        known = satisfies(version, row.versions)
        return known if known is not None else "<" not in row.versions

    return holds


def call_graph(request: AuditRequest, pack: Rulepack, progress: Progress) -> callgraph.CallGraph:
    """The first four stages on `request.root`. Raises NothingToAudit, ConfigError."""
    with without_collector():
        return link_program(request, pack, survey(request), progress).graph


def graph(request: AuditRequest, progress: Progress) -> GraphView:
    """The call graph of `request.root`, for `audit graph`. Raises as `audit` does."""
    pack = load_rulepack([bundled_rules(), *request.rules])
    return graph_view(call_graph(request, pack, progress))
