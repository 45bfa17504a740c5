"""Tables with more entries than a variable may hold values: every entry counts all the same."""

from pathlib import Path

import pytest

from alef_audit.pipeline.linking import call_graph
from alef_audit.rulepack.load import bundled_rules, load_rulepack
from tests.requests import request_for

ENTRIES = 60
NAMES = [f"handle{number}" for number in range(ENTRIES)]


@pytest.mark.parametrize(
    "literal",
    [", ".join(NAMES).join("[]"), ", ".join(f"k{name}: {name}" for name in NAMES).join("{}")],
    ids=["list", "object"],
)
def test_a_loop_over_a_large_table_calls_every_entry(tmp_path: Path, literal: str) -> None:
    functions = [f"function {name}() {{}}" for name in NAMES]
    loop = f"const table = {literal};\nfor (const entry of Object.values(table)) entry();"
    (tmp_path / "main.ts").write_text("\n".join([*functions, loop]), encoding="utf-8")
    graph = call_graph(request_for(tmp_path), load_rulepack([bundled_rules()]), lambda *_: None)
    called = {graph.program.functions[edge.callee].name for edge in graph.edges}
    assert called == set(NAMES)
