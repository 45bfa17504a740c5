"""Every small program has exactly the call graph that its comments write down."""

import os
from collections.abc import Callable
from functools import cache

import pytest

from alef_audit.rulepack.load import bundled_rules, load_rulepack
from tests.callgraph.programs import Outcome, Program, outcome, programs

RECALL = 0.97
SPURIOUS = 0.01

# One process links each program once, for its own test and for the figures of all.
pytestmark = pytest.mark.xdist_group("programs")


@pytest.fixture(scope="module")
def compared() -> Callable[[Program], Outcome]:
    """Links and compares a program, each once."""
    pack = load_rulepack([bundled_rules()])
    return cache(lambda program: outcome(program, pack))


@pytest.mark.parametrize("program", programs(), ids=lambda program: program.id)
def test_the_graph_of_a_program_is_what_its_comments_say(
    program: Program, compared: Callable[[Program], Outcome]
) -> None:
    complaints = compared(program).complaints
    assert not complaints, os.linesep.join(["", *complaints])


@pytest.mark.parametrize(("language", "least"), [("python", 120), ("ecmascript", 150)])
def test_few_edges_are_missed_and_fewer_are_wrong(
    language: str, least: int, compared: Callable[[Program], Outcome]
) -> None:
    chosen = [program for program in programs() if program.language == language]
    results = [compared(program) for program in chosen]
    expected, found = sum(r.expected for r in results), sum(r.found for r in results)
    assert len(chosen) >= least
    assert found >= RECALL * expected
    assert sum(r.spurious for r in results) <= SPURIOUS * found
