"""Every small program has exactly the call graph that its comments write down."""

import os

import pytest

from alef_audit.rulepack.load import Rulepack, bundled_rules, load_rulepack
from tests.callgraph.programs import Program, outcome, programs

RECALL = 0.97
SPURIOUS = 0.01


@pytest.fixture(scope="module")
def pack() -> Rulepack:
    return load_rulepack([bundled_rules()])


@pytest.mark.parametrize("program", programs(), ids=lambda program: program.id)
def test_the_graph_of_a_program_is_what_its_comments_say(program: Program, pack: Rulepack) -> None:
    complaints = outcome(program, pack).complaints
    assert not complaints, os.linesep.join(["", *complaints])


@pytest.mark.parametrize(("language", "least"), [("python", 120), ("ecmascript", 150)])
def test_few_edges_are_missed_and_fewer_are_wrong(language: str, least: int, pack: Rulepack) -> None:
    chosen = [program for program in programs() if program.language == language]
    results = [outcome(program, pack) for program in chosen]
    expected, found = sum(r.expected for r in results), sum(r.found for r in results)
    assert len(chosen) >= least
    assert found >= RECALL * expected
    assert sum(r.spurious for r in results) <= SPURIOUS * found
