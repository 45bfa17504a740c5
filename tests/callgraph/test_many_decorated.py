"""A wrapper around more functions than a variable may hold values: each wrapped function is still the one that runs."""

from pathlib import Path

import pytest

from alef_audit.callgraph.graph import CallGraph
from alef_audit.pipeline.linking import call_graph
from alef_audit.rulepack.load import bundled_rules, load_rulepack
from tests.requests import request_for

WRAPPED = 60
NAMES = [f"load{number}" for number in range(WRAPPED)]

PYTHON = """\
import functools

def counted(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper

def awaited(function):
    async def wrapper(*args):
        return await function(*args)
    return wrapper
"""
SCRIPT = """\
function counted(load) {
  return (...args) => load(...args);
}
function awaited(load) {
  return async (...args) => await load(...args);
}
"""


def linked(folder: Path, name: str, source: str) -> CallGraph:
    (folder / name).write_text(source, encoding="utf-8")
    return call_graph(request_for(folder), load_rulepack([bundled_rules()]), lambda *_: None)


def called_by_main(graph: CallGraph) -> set[str]:
    functions = graph.program.functions
    return {functions[edge.callee].name for edge in graph.edges if functions[edge.caller].name == "main"}


@pytest.mark.parametrize("wrapper", ["counted", "awaited"])
def test_a_decorator_of_many_functions_runs_the_one_that_is_called(tmp_path: Path, wrapper: str) -> None:
    kind = "async " if wrapper == "awaited" else ""
    functions = [f"@{wrapper}\n{kind}def {name}():\n    pass\n" for name in NAMES]
    main = "def main():\n    load7()\n    load59()\n"
    graph = linked(tmp_path, "main.py", "\n".join([PYTHON, *functions, main]))
    assert called_by_main(graph) == {"wrapper", "load7", "load59"}


@pytest.mark.parametrize("wrapper", ["counted", "awaited"])
def test_a_wrapper_of_many_functions_runs_the_one_that_is_called(tmp_path: Path, wrapper: str) -> None:
    functions = [f"const {name} = {wrapper}(function {name}() {{}});" for name in NAMES]
    main = "function main() { load7(); load59(); }"
    graph = linked(tmp_path, "main.mjs", "\n".join([SCRIPT, *functions, main]))
    assert called_by_main(graph) - {""} == {"load7", "load59"}


def test_methods_that_one_decorator_wraps_are_told_apart(tmp_path: Path) -> None:
    methods = [f"    @counted\n    def {name}(self):\n        pass\n" for name in NAMES]
    main = "def main(loader: Loader):\n    loader.load7()\n    Loader().load59()\n"
    graph = linked(tmp_path, "main.py", "\n".join([PYTHON, "class Loader:", *methods, main]))
    assert called_by_main(graph) == {"wrapper", "load7", "load59"}
