"""Objects that many others are spread into: work grows with their number, and every function is still found."""

from pathlib import Path

import pytest

from alef_audit.callgraph.state import State
from alef_audit.pipeline.linking import call_graph
from alef_audit.rulepack.load import bundled_rules, load_rulepack
from tests.requests import request_for

SOURCES, TAKERS = 20, 20


def test_each_source_and_each_taker_is_handed_on_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs: set[tuple[int, int]] = set()
    spread = State.spread

    def counted(state: State, source: int, taker: int) -> None:
        pairs.add((source, taker))
        spread(state, source, taker)

    monkeypatch.setattr(State, "spread", counted)
    lines = [f"function f{number}() {{}}" for number in range(SOURCES)]
    lines += [f"const taker{number} = {{}};" for number in range(TAKERS)]
    lines += ["function mix(taker, source) { Object.assign(taker, source); }"]
    lines += [f"mix(taker{number}, {{ m{number}: f{number} }});" for number in range(SOURCES)]
    lines += [f"taker0.m{number}();" for number in range(SOURCES)]
    (tmp_path / "main.js").write_text("\n".join(lines), encoding="utf-8")
    graph = call_graph(request_for(tmp_path), load_rulepack([bundled_rules()]), lambda *_: None)
    called = {graph.program.functions[edge.callee].name for edge in graph.edges}
    assert called == {"mix", *(f"f{number}" for number in range(SOURCES))}
    assert len(pairs) < SOURCES * TAKERS / 2
