"""The API graph: everything outside the program that its values can stand for, as a tree of access paths.

A node is a module (`fs`), a member of a node (`fs.promises`), the result of calling one (`express()`), or an instance
of
a type that a model names (`express:App`).  Model rows sit on nodes, so asking "is this call a sink" is a list look-up.
"""

import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from alef_audit.callgraph.bag_types import BagTypes, Entry, extended
from alef_audit.rulepack.conditions import Condition, parse_condition
from alef_audit.rulepack.model import (
    EntryRow,
    GuardRow,
    LibraryModel,
    NeutralRow,
    ReturnsRow,
    RootRow,
    Row,
    SendRow,
    ServeRow,
    SinkRow,
    TypeRow,
)
from alef_audit.rulepack.paths import Selector, Step, parse_path, parse_selector

# Steps beyond what models name that are followed; longer chains of unmodelled members say nothing any more.
_DEPTH: Final = 3
CALL: Final = "()"
_DECLARED: Final = ": declared"
_TELLING: Final = re.compile(r"_in_executor|_executor_job|to_thread|_in_thread(pool)?$|InThread|ToThread")
_GLOBAL_MODULES: Final = {"ecmascript": "globalThis", "python": "builtins"}
_LANGUAGES: Final = {"node": "ecmascript", "npm": "ecmascript", "python": "python", "pypi": "python"}


class Sink(NamedTuple):
    """A sink row, and what it asks of the arguments of a call."""

    row: SinkRow
    when: tuple[Condition, ...]
    unless: tuple[Condition, ...]


class ApiGraph:
    """Grows while the program is solved: asking for a child that does not exist makes it."""

    def __init__(self) -> None:
        self.text: list[str] = [""]
        self.depth: list[int] = [0]
        self.parent: list[int] = [0]
        self.children: dict[tuple[int, str], int] = {}
        self.globs: dict[int, list[tuple[str, Row, LibraryModel]]] = {}
        self.language: list[str] = [""]
        self.modules: dict[tuple[str, str], int] = {}  # (language, import name): both languages have a `glob`
        self.is_module: set[int] = set()
        self.types: dict[tuple[str, str], int] = {}  # (language, library:name)
        self.named_types: set[int] = set()  # their nodes
        self.lives: dict[int, str] = {}  # type node -> how long the library keeps instances of the program's classes
        self.bases: dict[int, list[int]] = {}  # type node -> nodes of the types it extends
        self.made_type: dict[int, int] = {}  # class or factory node -> type node
        self.sinks: dict[int, list[Sink]] = {}
        self.guards: dict[int, list[tuple[GuardRow, Selector | None]]] = {}
        self.roots: dict[int, list[tuple[RootRow, Selector | None]]] = {}
        self.values: dict[int, list[Selector]] = {}
        self.given: dict[int, list[Selector]] = {}  # arguments whose results calls give
        self.provided: dict[
            int, list[tuple[Selector, bool]]
        ] = {}  # arguments that hold the class of what calls give, or may name it
        self.named: dict[int, list[Selector]] = {}  # arguments that name what comes back
        self.kept: dict[int, list[Selector]] = {}  # arguments that are held and not run
        self.protocols: dict[int, list[tuple[Selector, tuple[str, ...]]]] = {}  # methods of arguments that run
        self.neutral: set[int] = set()
        self.sends: set[int] = set()
        self.serving: set[int] = set()
        self.plain: set[int] = set()  # calls and instances of these are data
        self.any_member: set[int] = set()  # types that a `Member[*]` step leads to
        self.modelled: set[int] = set()
        self.by_pattern: set[int] = set()  # whose name only a pattern of a model's row fits
        self.outside: dict[str, int] = {}  # language -> the node that all longer paths end in
        self.callback_types: dict[int, list[tuple[Selector, int, int]]] = {}  # node -> argument, parameter, type node
        self.overrides: list[tuple[int, RootRow]] = []  # type node, row
        self.bags = BagTypes(self.bases)
        self.handed: dict[int, list[tuple[Selector | None, tuple[int, ...]]]] = {}  # what registered functions get
        # the same of methods that a class implements: type node, names, what they get
        self.implemented: list[tuple[int, tuple[str, ...], tuple[int, ...]]] = []
        self.exports: list[tuple[RootRow, frozenset[str]]] = []  # row, modules of its library

    def _node(self, text: str, language: str, depth: int, parent: int = 0) -> int:
        self.text.append(text)
        self.language.append(language)
        self.depth.append(depth)
        self.parent.append(parent)
        return len(self.text) - 1

    def module(self, language: str, name: str) -> int:
        found = self.modules.get((language, name))
        if found is None:
            found = self.modules[language, name] = self._node(name.removeprefix("node:"), language, 0)
            self.is_module.add(found)
        return found

    def globals_of(self, language: str) -> int:
        return self.module(language, _GLOBAL_MODULES[language])

    def type_node(self, model: LibraryModel, name: str) -> int:
        """The node of a named type: `Name` of the model's own library, or `library:Name`."""
        library, _, own = name.rpartition(":")
        library = library or model.library.name
        language = _LANGUAGES[model.library.ecosystem]
        key = (language, f"{library}:{own}")
        found = self.types.get(key)
        if found is None:
            text = own if library in ("builtins", "globals") else f"{library}.{own}"
            found = self.types[key] = self._node(text, language, 0)
            self.named_types.add(found)
        return found

    def existing(self, node: int, label: str) -> int:
        """The child if a model (or an earlier request) made it, looked up through extended types; 0 if none."""
        found = self.children.get((node, label), 0)
        if not found and label != CALL:
            # `Member[*]`: whatever the member is called
            found = self.children.get((node, "*"), 0)
            found = found if found in self.modelled or found in self.any_member else 0
        if found:
            return found
        for base in self.bases.get(node, ()):
            found = self.existing(base, label)
            if found:
                return found
        return 0

    def child(self, node: int, label: str) -> int:
        """The node below `node`; 0 if that is data.

        All paths that grow too long to mean anything but "not this program" share one node.
        """
        if not node:
            return 0
        found = self.existing(node, label)
        if found or (label == CALL and node in self.plain):
            return found
        if label == "default" and node in self.is_module and self.language[node] == "ecmascript":
            return node
        if node in self.made_type:
            # `Path.read_text`: a method of the class as a function
            unbound = self.made_type[node] if label == CALL else self.existing(self.made_type[node], label)
            if unbound:
                return unbound
        if self.depth[node] >= _DEPTH:
            return self.beyond(self.language[node])
        text = self._child_text(node, label)
        language = self.language[node]
        if label != CALL and (language, text) in self.modules:
            return self.modules[language, text]
        rows = [] if label == CALL else self._rows_by_pattern(node, label)
        if not rows and (self._is_made(node, label) or self.bags.is_namespace(node)):
            return self.beyond(language)
        made = self.children[node, label] = self._node(text, language, self.depth[node] + 1, node)
        if rows:
            self.by_pattern.add(made)
        for row, model in rows:
            self._attach(made, row, model)
        return made

    def _rows_by_pattern(self, node: int, label: str) -> list[tuple[Row, LibraryModel]]:
        return [
            (row, model)
            for base in (node, *extended(self.bases, node))
            for pattern, row, model in self.globs.get(base, ())
            if fnmatchcase(label, pattern)
        ]

    def _is_made(self, node: int, label: str) -> bool:
        """Whether the child of a node is a value that some unknown code made: what no model speaks of is all alike."""
        if self.language[node] != "python":
            return False
        if label != CALL:
            return CALL in self.text[node] and not label.startswith("__")
        return node not in self.modelled and self.parent[node] != self.globals_of("python")

    def beyond(self, language: str) -> int:
        """The node that stands for whatever no model speaks of."""
        found = self.outside.get(language)
        if found is None:
            found = self.outside[language] = self._node("(outside)", language, _DEPTH)
        return found

    def _child_text(self, node: int, label: str) -> str:
        if label == CALL:
            return self.text[node] + "()"
        head = self.text[node]
        if head in ("globalThis", "builtins"):
            return label
        return f"{head}.{label}"

    def instance(self, node: int) -> int:
        """An instance of a class: the named type if a model says so, else the result of calling it; 0 for data."""
        return self.made_type.get(node) or self.child(node, CALL)

    def called(self, node: int) -> int:
        """What a call of `node` runs: of an instance `__call__`, if a model says what that does."""
        method = self.existing(node, "__call__") if node in self.named_types else 0
        return method if method in self.modelled and method not in self.named_types else node

    def declared(self, node: int) -> int:
        """What is only declared to be an instance of a class that no model speaks of."""
        found = self.children.get((node, _DECLARED))
        if found is None:
            text = self._child_text(node, CALL)
            found = self.children[node, _DECLARED] = self._node(text, self.language[node], _DEPTH, node)
        return found

    def is_described(self, node: int) -> bool:
        """Whether a model speaks of `node`, or of what it was made by."""
        return node in self.modelled or self.parent[node] in self.modelled

    def registers_decorated(self, node: int) -> bool:
        """Whether `node` is a decorator, made by calling what its models say registers what is decorated."""
        maker = self.parent[node]
        made = self.children.get((maker, CALL)) == node
        return made and any(row.form == "decorator" for row, _ in self.roots.get(maker, ()))

    def offloaders_by_name(self) -> dict[str, list[tuple[GuardRow, Selector]]]:
        """Offloading members whose name says so, by name: `run_in_executor`, `to_thread`, `async_add_executor_job`."""
        found: dict[str, list[tuple[GuardRow, Selector]]] = {}
        for node, rows in sorted(self.guards.items()):
            name = self.text[node].rsplit(".", 1)[-1]
            for row, selector in rows:
                is_call = row.form == "call" and row.kind.startswith("offload.")
                if is_call and selector is not None and _TELLING.search(name) and name not in found:
                    found[name] = [(row, selector)]
        return found

    # --- loading models

    def declare_modules(self, model: LibraryModel) -> None:
        """Make the modules of a library known, so that members of a parent package lead to them."""
        for name in model.library.modules:
            self.module(_LANGUAGES[model.library.ecosystem], name)

    def add_model(self, model: LibraryModel, holds: Callable[[Row], bool]) -> None:
        """Put the rows of a library on their nodes; `holds` decides by the target's versions."""
        for type_row in model.type:
            if holds(type_row):
                self._add_type(model, type_row)
        for table in _rows_of(model):
            for row in table:
                if holds(row):
                    self._add_row(model, row)

    def fit_patterns(self) -> None:
        """Rows whose members are patterns hold of what paths of other rows only go through, too."""
        for (node, label), through in list(self.children.items()):
            if label != CALL and through not in self.modelled and through not in self.named_types:
                for row, model in self._rows_by_pattern(node, label):
                    if not (isinstance(row, ReturnsRow) and (through, CALL) in self.children):
                        self._attach(through, row, model)

    def _anchors(self, model: LibraryModel, row: Row) -> list[int]:
        if row.of:
            return [self.type_node(model, row.of)]
        language = _LANGUAGES[model.library.ecosystem]
        return [self.module(language, name) for name in model.library.modules]

    def _add_type(self, model: LibraryModel, row: TypeRow) -> None:
        instance = self.type_node(model, row.name)
        for base in row.extends:
            base_node = self.type_node(model, base)
            if base_node not in self.bases.setdefault(instance, []):
                self.bases[instance].append(base_node)
        self.bags.declare(row, instance)
        if row.lives:
            self.lives[instance] = row.lives
        for anchor in self._anchors(model, row):
            for member in row.members:
                node = self._descend(anchor, member.split("."))
                self.made_type[node] = instance
                self.modelled.add(node)
            if row.path:
                self._add_type_path(anchor, parse_path(row.path), instance)

    def _add_type_path(self, anchor: int, steps: tuple[Step, ...], instance: int) -> None:
        nodes = [anchor]
        for index, step in enumerate(steps):
            last = index == len(steps) - 1
            if step.word == "Argument":
                if index + 1 < len(steps) and steps[index + 1].word == "Parameter":
                    selector = parse_selector(f"Argument[{','.join(step.names)}]")
                    parameter = int(steps[index + 1].names[0]) if steps[index + 1].names[0].isdigit() else 0
                    for node in nodes:
                        self.callback_types.setdefault(node, []).append((selector, parameter, instance))
                        self.modelled.add(node)
                return
            labels = step.names if step.word == "Member" else () if step.word == "Awaited" else (CALL,)
            if not labels:
                continue
            if last:
                for node in nodes:
                    for label in labels:
                        self.children[node, label] = instance
                        if label == "*":
                            self.any_member.add(instance)
                return
            nodes = [self._named(node, label) for node in nodes for label in labels]

    def _add_row(self, model: LibraryModel, row: Row) -> None:
        if isinstance(row, RootRow) and row.form == "override":
            self.overrides.extend((anchor, row) for anchor in self._anchors(model, row))
            if row.gets:
                types = self._types_of(model, row)
                self.implemented.extend((anchor, row.members, types) for anchor in self._anchors(model, row))
            return
        if isinstance(row, RootRow) and row.form == "export":
            self.exports.append((row, frozenset(model.library.modules)))
            return
        for anchor in self._anchors(model, row):
            for node in self._targets(anchor, row, model):
                self._attach(node, row, model)

    def _types_of(self, model: LibraryModel, row: RootRow) -> tuple[int, ...]:
        return tuple(self.type_node(model, name) if name else 0 for name in row.gets)

    def _targets(self, anchor: int, row: Row, model: LibraryModel) -> Iterable[int]:
        for member in row.members:
            if any(sign in member for sign in "*?["):
                self.globs.setdefault(anchor, []).append((member, row, model))
            else:
                yield self._descend(anchor, member.split("."))
        if row.path:
            nodes = [anchor]
            for step in parse_path(row.path):
                if step.word == "Member":
                    nodes = [self._named(node, name) for node in nodes for name in step.names]
                elif step.word in ("ReturnValue", "Instance"):
                    nodes = [self._named(node, CALL) for node in nodes]
            yield from nodes

    def _named(self, node: int, label: str) -> int:
        """The node below `node` that a model's path names, however long the path is."""
        if label == CALL and node in self.made_type:
            return self.made_type[node]
        return self.existing(node, label) or self._descend(node, [label])

    def _descend(self, node: int, labels: list[str]) -> int:
        for label in labels:
            if label == "default" and node in self.is_module and self.language[node] == "ecmascript":
                continue
            found = self.children.get((node, label))
            if found is None:
                text = self._child_text(node, label)
                language = self.language[node]
                found = self.modules.get((language, text)) or self._node(text, language, 1, node)
                self.children[node, label] = found
            node = found
        return node

    def _attach(self, node: int, row: Row, model: LibraryModel) -> None:
        self.modelled.add(node)
        if isinstance(row, SinkRow):
            self.sinks.setdefault(node, []).append(_sink_of(row))
        elif isinstance(row, GuardRow):
            selector = parse_selector(row.runs) if row.runs else None
            self.guards.setdefault(node, []).append((row, selector))
        elif isinstance(row, RootRow):
            selector = parse_selector(row.runs) if row.runs else None
            self.roots.setdefault(node, []).append((row, selector))
            if row.gets and row.form in ("argument", "decorator"):
                self.handed.setdefault(node, []).append((selector, self._types_of(model, row)))
        elif isinstance(row, NeutralRow):
            self.neutral.add(node)
        elif isinstance(row, SendRow):
            self.sends.add(node)
        elif isinstance(row, ServeRow):
            self.serving.add(node)
        elif isinstance(row, EntryRow):
            kept = parse_selector(row.value) if row.value else None
            self.bags.entries.setdefault(node, []).append(Entry(self.type_node(model, row.bag), kept, row.keywords))
        elif isinstance(row, ReturnsRow):
            if row.value:
                selector = parse_selector(row.value)
                self.values.setdefault(node, []).append(selector)
                if row.calls:
                    self.protocols.setdefault(node, []).append((selector, row.calls))
                if row.named and not row.instance_of:
                    self.named.setdefault(node, []).append(selector)
            if row.plain:
                self.plain.add(node)
            if row.instance_of:
                self.provided.setdefault(node, []).append((parse_selector(row.instance_of), row.named))
            if row.result_of:
                self.given.setdefault(node, []).append(parse_selector(row.result_of))
            if row.keeps:
                self.kept.setdefault(node, []).append(parse_selector(row.keeps))
            if row.type:
                self.children[node, CALL] = self.type_node(model, row.type)


def _rows_of(model: LibraryModel) -> Iterable[Iterable[Row]]:
    yield from (model.returns, model.sink, model.guard, model.neutral, model.root, model.send, model.serve, model.entry)


def _sink_of(row: SinkRow) -> Sink:
    return Sink(row, tuple(map(parse_condition, row.when)), tuple(map(parse_condition, row.unless)))


def usual(sinks: list[Sink]) -> SinkRow | None:
    """The row that holds of a function whose arguments nobody knows: None if all of them ask for special ones."""
    return next((sink.row for sink in sinks if not sink.when), None)
