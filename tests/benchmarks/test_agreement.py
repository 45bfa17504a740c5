"""The benchmark reads what other tools write, and knows which of their edges are ours."""

import json
from pathlib import Path

import pytest

from tests.benchmarks.agreement import graph_of, main
from tests.benchmarks.comparison import Agreement, agreement
from tests.benchmarks.graphs import Edge, Function, Graph, UnknownFormat, read_graph

SCRIPT = """\
function helper(fn) {
    return fn();
}
class Store {
    constructor(path) {
        this.path = path;
    }
    get size() { return 1; }
}
exports.run = async () => {
    const store = new Store("x");
    helper(() => store.path);
    return later();
};
function later() { return 2; }
"""
# As Jelly writes it of the script above: a constructor has the place of its class, `?` is an unknown end.
JELLY = {
    "time": "Sat, 21 Nov 2026 00:00:00 GMT",
    "entries": ["lib/run.js"],
    "files": ["lib/run.js", "outside/other.js"],
    "functions": {
        "0": "0:1:1:16:1",
        "1": "0:1:1:3:2",
        "4": "0:4:1:9:2",
        "5": "0:8:5:8:29",
        "6": "0:10:15:14:2",
        "7": "0:12:12:12:28",
        "8": "0:15:1:15:31",
        "9": "1:1:1:?:?",
        "11": "0:1:1:16:1",
    },
    "calls": {"20": "0:2:12:2:16", "21": "0:11:19:11:33", "22": "0:12:5:12:29", "23": "0:13:12:13:19"},
    "fun2fun": [[6, 1], [6, 4], [6, 8], [1, 7], [11, 9], [6, 5]],
    "call2fun": [[20, 7], [21, 4], [22, 1], [23, 8]],
    "ignore": [],
}
MODULE = """\
class Base:
    def __init__(self) -> None:
        self.items = sorted([2, 1], key=lambda item: -item)
        self.reset()

    def reset(self) -> None: ...


def make() -> Base:
    return Base()


class Settings:
    default = make()

    @property
    def value(self) -> Base:
        return make()

    @value.setter
    def value(self, value: Base) -> None:
        value.reset()
"""
PYCG = {
    "pkg.mod": ["<builtin>.print"],
    "pkg.mod.Base.__init__": ["pkg.mod.Base.reset", "<builtin>.sorted", "pkg.mod.Base.__init__.<lambda1>"],
    "pkg.mod.Base.__init__.<lambda1>": [],
    "pkg.mod.make": ["pkg.mod.Base.__init__"],
    "pkg.mod.Settings": ["pkg.mod.make"],
    "pkg.mod.Settings.value": ["pkg.mod.make", "pkg.mod.Base.reset"],
    "pkg.mod.make.nothing": [],
    "<builtin>.print": [],
    "<builtin>.sorted": [],
    "os.getcwd": [],
}
ALEF = {
    "functions": [
        {"id": 4, "name": "a", "path": "a.py", "line": 1, "column": 1, "end_line": 9, "async": False},
        {"id": 7, "name": "a.f", "path": "a.py", "line": 2, "column": 1, "end_line": 3, "async": True},
    ],
    "edges": [
        {"caller": 4, "callee": 7, "line": 5, "how": "direct"},
        {"caller": 7, "callee": {"external": "os.getcwd"}, "line": 3, "how": "import"},
    ],
}


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "run.js").write_text(SCRIPT, encoding="utf-8")
    return tmp_path


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "pkg" / "mod.py").write_text(MODULE, encoding="utf-8")
    return tmp_path


def text(document: object) -> bytes:
    return json.dumps(document).encode()


def words(ours: Graph, found: Agreement) -> dict[tuple[str, str, str], str]:
    """What the comparison makes of every edge: whose it is, the last names of both ends, then kind and agreement."""
    return {
        (side, _last(ours, edge.caller), _last(ours, edge.callee)): f"{edge.kind}: {edge.agreement}"
        for side, edges in (("ours", found.ours), ("theirs", found.theirs))
        for edge in edges
    }


def _last(ours: Graph, function: int) -> str:
    return ours.functions[function].name.rpartition(".")[2]


def program(names: str, edges: tuple[Edge, ...]) -> Graph:
    """A graph of one file: its module body, then functions of one line each; a dot in front nests one in the last."""
    functions = [Function("m", "m.js", 1, 1, 99)]
    for line, name in enumerate(names.split(), 2):
        around = functions[-1].name if name.startswith(".") else "m."
        functions.append(Function(around + name, "m.js", line, 1, line))
    return Graph(tuple(functions), edges)


def test_jelly_is_matched_by_place(script: Path) -> None:
    ours, theirs = graph_of(script), read_graph(text(JELLY))
    found = agreement(ours, theirs)
    names = {
        number: ours.functions[index].name.rpartition("run")[2]
        for number, index in sorted(found.matching.theirs.items())
    }
    assert names[0] == ""
    assert names[1] == ".helper"
    assert names[2] == ".Store.constructor"
    assert names[6] == ".later"
    assert sorted(names) == [0, 1, 2, 3, 4, 5, 6]
    assert (found.matching.ours_alone, found.matching.theirs_alone) == ((), ())
    assert found.matching.theirs_elsewhere == 1


def test_edges_of_jelly_carry_the_line_of_the_call() -> None:
    theirs = read_graph(text(JELLY), "jelly")
    assert theirs.edges == (
        Edge(0, 7),
        Edge(1, 5, 2),
        Edge(4, 1, 12),
        Edge(4, 2, 11),
        Edge(4, 3),
        Edge(4, 6, 13),
    )


def test_what_jelly_and_we_find_in_the_script(script: Path) -> None:
    ours = graph_of(script)
    found = agreement(ours, read_graph(text(JELLY)))
    said = words(ours, found)
    callback = next(key for key in said if key[:2] == ("theirs", "helper"))
    assert said.pop(callback) == "same file: passing site"
    assert said.pop(("ours", "run", callback[2])) == "callback: passing site"
    assert said == {
        ("theirs", "run", "helper"): "same file: both",
        ("theirs", "run", "constructor"): "same file: both",
        ("theirs", "run", "later"): "same file: both",
        ("theirs", "run", "size"): "same file: one",
        ("ours", "run", "helper"): "direct: both",
        ("ours", "run", "constructor"): "direct: both",
        ("ours", "run", "later"): "direct: both",
    }


def test_pycg_is_matched_by_name(package: Path) -> None:
    ours = graph_of(package)
    found = agreement(ours, read_graph(text(PYCG)))
    assert found.matching.theirs_elsewhere == 3
    assert len(found.matching.theirs_alone) == 1
    assert words(ours, found) == {
        ("theirs", "__init__", "reset"): "same file: both",
        ("theirs", "__init__", "sorted() callback"): "same file: both",
        ("theirs", "make", "__init__"): "same file: both",
        ("theirs", "mod", "make"): "same file: both",
        ("theirs", "value", "make"): "same file: both",
        ("theirs", "value", "reset"): "same file: both",
        ("ours", "__init__", "reset"): "method: both",
        ("ours", "__init__", "sorted() callback"): "callback: both",
        ("ours", "make", "__init__"): "direct: both",
        ("ours", "mod", "make"): "direct: both",
        ("ours", "value", "make"): "direct: both",
        ("ours", "value", "reset"): "method: both",
    }


@pytest.mark.parametrize("prefix", ["src.", "a.b."])
def test_names_from_another_folder_are_aligned(package: Path, prefix: str) -> None:
    moved = {prefix + caller: [prefix + callee for callee in callees] for caller, callees in PYCG.items()}
    found = agreement(graph_of(package), read_graph(text(moved)))
    assert {edge.agreement for edge in found.theirs} == {"both"}
    assert len(found.theirs) == 6


def test_paths_from_another_folder_are_aligned(script: Path) -> None:
    moved = JELLY | {"files": ["node_modules/x/lib/run.js", "node_modules/y/other.js"]}
    found = agreement(graph_of(script), read_graph(text(moved)))
    assert len(found.matching.theirs) == 7
    inner = JELLY | {"files": ["run.js", "other.js"]}
    assert len(agreement(graph_of(script), read_graph(text(inner))).matching.theirs) == 7


def test_our_own_format_keeps_kinds_and_leaves_out_externals() -> None:
    theirs = read_graph(text(ALEF))
    assert theirs.functions[1] == Function("a.f", "a.py", 2, 1, 3)
    assert theirs.edges == (Edge(0, 1, 5, "direct"),)


def test_a_graph_agrees_with_itself(script: Path) -> None:
    ours = graph_of(script)
    found = agreement(ours, ours)
    assert {edge.agreement for edge in (*found.ours, *found.theirs)} == {"both"}
    assert len(found.matching.theirs) == len(ours.functions)


def test_a_callback_is_placed_where_it_is_passed() -> None:
    passing, helper, inner, given, other = range(1, 6)
    names = "passing helper .inner given other"
    ours = program(names, (Edge(passing, helper, 2, "direct"), Edge(passing, given, 2, "callback")))
    assert words(ours, agreement(ours, program(names, (Edge(helper, given, 3),)))) == {
        ("theirs", "helper", "given"): "same file: passing site",
        ("ours", "passing", "helper"): "direct: one",
        ("ours", "passing", "given"): "callback: passing site",
    }
    nested = words(ours, agreement(ours, program(names, (Edge(inner, given, 4),))))
    assert nested["theirs", "inner", "given"] == "same file: passing site"
    handing_on = ours._replace(edges=(*ours.edges, Edge(helper, other, 3, "direct")))
    handed_on = words(handing_on, agreement(handing_on, program(names, (Edge(other, given, 6),))))
    assert handed_on["theirs", "other", "given"] == "same file: passing site"
    elsewhere = words(ours, agreement(ours, program(names, (Edge(other, given, 6),))))
    assert elsewhere["theirs", "other", "given"] == "same file: one"
    assert elsewhere["ours", "passing", "given"] == "callback: one"


def test_only_an_edge_of_kind_callback_stands_for_another() -> None:
    ours = program("passing helper given", (Edge(1, 2, 2, "direct"), Edge(1, 3, 2, "direct")))
    theirs = program("passing helper given", (Edge(2, 3, 3),))
    assert words(ours, agreement(ours, theirs))["theirs", "helper", "given"] == "same file: one"


def test_the_surest_kind_of_an_edge_counts() -> None:
    ours = program("f g", (Edge(1, 2, 9, "dynamic"), Edge(1, 2, 7, "method")))
    assert words(ours, agreement(ours, ours))["ours", "f", "g"] == "method: both"


def test_edges_that_load_a_module_are_only_counted() -> None:
    ours = program("f", ())
    theirs = program("f", (Edge(1, 0, 2), Edge(1, 1, 2)))
    found = agreement(ours, theirs)
    assert found.loading == 1
    assert [edge.callee for edge in found.theirs] == [1]


@pytest.mark.parametrize("content", [b"[]", b"{", b'{"functions": 1}', b'{"a": [1]}'])
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(UnknownFormat):
        read_graph(content)


def test_a_format_can_be_asked_for() -> None:
    with pytest.raises(UnknownFormat, match="pycg"):
        read_graph(text(JELLY), "pycg")
    assert read_graph(b"{}").functions == ()


def test_the_command_prints_the_table_and_examples(
    script: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exported = tmp_path / "cg.json"
    exported.write_bytes(text(JELLY))
    assert main([str(script), str(exported), "--examples=5"]) == 0
    out = capsys.readouterr().out
    assert [" ".join(line.split()) for line in out.splitlines()] == [
        "functions all known to both to one not read",
        "ours 7 7 0 0",
        "theirs 8 7 0 1",
        "",
        "their edges edges found by us at passing site not found recall",
        "same file 5 3 1 1 80.0%",
        "other file 0 0 0 0 -",
        "all 5 3 1 1 80.0%",
        "not compared: 0 that load a module",
        "",
        "our edges edges found by them at passing site not found share",
        "direct 3 3 0 0 100.0%",
        "import 0 0 0 0 -",
        "method 0 0 0 0 -",
        "property 0 0 0 0 -",
        "callback 1 0 1 0 100.0%",
        "dynamic 0 0 0 0 -",
        "all 4 3 1 0 100.0%",
        "",
        "only theirs, same file (1)",
        "lib/run.js:10 lib/run.run -> lib/run.js:8 lib/run.Store.size",
    ]


def test_what_cannot_be_compared_is_an_error(script: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exported = tmp_path / "cg.json"
    assert main([str(script), str(exported)]) == 2
    exported.write_bytes(b"[]")
    assert main([str(script), str(exported)]) == 2
    exported.write_bytes(text(JELLY))
    assert main([str(tmp_path / "nowhere"), str(exported)]) == 2
    assert capsys.readouterr().out == ""
