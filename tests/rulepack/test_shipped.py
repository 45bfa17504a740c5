"""The rules that ship: they load, and what they say is consistent."""

from itertools import pairwise, product
from typing import get_args

import pytest

from alef_audit.auditing.levels import LEVELS, Judge, lifted
from alef_audit.callgraph.guards import BIT
from alef_audit.discovery.versions import satisfies
from alef_audit.rulepack.kinds import COSTS, Confidence, Cost, GuardKind, Heat, Level, SinkKind, Verdict
from alef_audit.rulepack.load import Rulepack, bundled_rules, load_rulepack
from alef_audit.rulepack.pattern import LevelRow, Pattern

VERDICTS: tuple[Verdict, ...] = ("mitigated", "exposed")  # what is discharged has no level of its own
HEATS: tuple[Heat, ...] = ("surface", "periodic", "dispatch")
CONFIDENCES: tuple[Confidence, ...] = ("low", "medium", "high")
GUARDS: tuple[GuardKind | None, ...] = (None, *get_args(GuardKind))
LOOPS = (0, 1, 2)
KINDS: tuple[SinkKind, ...] = ("blocking.filesystem", "blocking.database", "blocking.crypto", "blocking.input")
Combination = tuple[Verdict, Heat, bool, Cost, int, Confidence, GuardKind | None, SinkKind, bool]
COMBINATIONS: tuple[Combination, ...] = tuple(
    product(VERDICTS, HEATS, (False, True), COSTS, LOOPS, CONFIDENCES, GUARDS, KINDS, (False, True))
)
PACK = load_rulepack([bundled_rules()])


@pytest.fixture(params=PACK.patterns, ids=lambda pattern: pattern.number)
def pattern(request: pytest.FixtureRequest) -> Pattern:
    shipped: Pattern = request.param
    return shipped


@pytest.fixture
def pack() -> Rulepack:
    return PACK


def fits(row: LevelRow, combination: Combination) -> bool:
    verdict, heat, auth, cost, loops, confidence, guard, kind, library = combination
    return (
        (not row.verdict or verdict in row.verdict)
        and (not row.crossing or guard in row.crossing)
        and (not row.heat or heat in row.heat)
        and (not row.phase or (row.phase == "auth") == auth)
        and kind not in row.other_than
        and (library or not row.library)
        and (loops > 0 or not row.looped)
        and COSTS.index(cost if row.alone else lifted(cost, loops, auth=auth)) >= COSTS.index(row.cost_at_least)
        and CONFIDENCES.index(confidence) >= CONFIDENCES.index(row.confidence_at_least)
    )


def level(pattern: Pattern, combination: Combination) -> Level:
    verdict, heat, auth, cost, loops, confidence, guard, kind, library = combination
    way = BIT[guard] if guard is not None else 0
    return Judge(pattern).level(
        way,
        verdict=verdict,
        heat=heat,
        kind=kind,
        auth=auth,
        cost=cost,
        loops=loops,
        confidence=confidence,
        library=library,
    )


def test_levels_cover_every_combination(pattern: Pattern) -> None:
    assert [one for one in COMBINATIONS if not any(fits(row, one) for row in pattern.levels)] == []


def test_every_level_row_decides_something(pattern: Pattern) -> None:
    deciding = {next(n for n, row in enumerate(pattern.levels) if fits(row, one)) for one in COMBINATIONS}
    assert deciding == set(range(len(pattern.levels)))


def test_the_judge_reads_the_table_as_it_stands(pattern: Pattern) -> None:
    for one in COMBINATIONS:
        assert level(pattern, one) == next(row.level for row in pattern.levels if fits(row, one)), one


def test_what_is_worse_is_never_reported_lower(pattern: Pattern) -> None:
    scales: tuple[tuple[object, ...], ...] = (VERDICTS, HEATS, (False, True), COSTS, LOOPS, CONFIDENCES)
    for place, scale in enumerate(scales):
        for one in COMBINATIONS:
            for lower, higher in pairwise(scale):
                in_library = (
                    lower == "surface" and one[-1]
                )  # a library's surface is what its users' dispatches enter by
                if one[place] == lower and not in_library:
                    worse: Combination = (*one[:place], higher, *one[place + 1 :])  # type: ignore[assignment]
                    assert LEVELS.index(level(pattern, one)) <= LEVELS.index(level(pattern, worse)), (one, worse)


def test_guards_stand_in_one_list(pattern: Pattern) -> None:
    both = set(pattern.discharged_by) & set(pattern.mitigated_by)
    assert both <= {"memoise.ttl"}  # which of the two depends on how long it lasts
    for kind in ("memoise.dispatch", "single-flight"):
        assert kind not in (*pattern.discharged_by, *pattern.mitigated_by)


def test_numbers_agree(pattern: Pattern) -> None:
    assert pattern.id == f"ALEF-PAT-{pattern.number}"
    assert 1 <= pattern.severity <= 10
    assert 0 <= pattern.confidence <= 1
    assert len({archetype.id for archetype in pattern.archetypes}) == len(pattern.archetypes)
    for archetype in pattern.archetypes:
        assert archetype.verdict in get_args(Verdict)


def test_file_names_are_those_of_the_patterns(pack: Rulepack) -> None:
    files = {path.stem for path in (bundled_rules() / "patterns").glob("*.toml")}
    assert files == {f"{pattern.number}-{pattern.slug}" for pattern in pack.patterns}


def test_all_shipped_models_are_loaded(pack: Rulepack) -> None:
    assert len(pack.models) == len(list((bundled_rules() / "models").rglob("*.toml")))
    assert {model.library.ecosystem for model in pack.models} == {"node", "npm", "python", "pypi"}


def test_every_shipped_file_lies_where_its_ecosystem_says(pack: Rulepack) -> None:
    counts = {
        kind: sum(model.library.ecosystem == kind for model in pack.models)
        for kind in ("node", "npm", "python", "pypi")
    }
    for ecosystem, count in counts.items():
        assert count == len(list((bundled_rules() / "models" / ecosystem).glob("*.toml"))), ecosystem


def test_libraries_have_one_name_each(pack: Rulepack) -> None:
    seen = [(model.library.ecosystem, model.library.name) for model in pack.models]
    assert sorted({one for one in seen if seen.count(one) > 1}) == []


def test_shipped_ranges_can_be_decided(pack: Rulepack) -> None:
    ranges = {
        row.versions
        for model in pack.models
        for rows in (model.type, model.returns, model.sink, model.root, model.guard, model.neutral)
        for row in rows
        if row.versions
    }
    assert {text for text in ranges if satisfies("1.2.3", text) is None} == set()


def test_sinks_that_last_say_what_to_do_instead(pack: Rulepack) -> None:
    """An answer is expected from whoever writes a row; a few things have none."""
    silent = [
        (model.library.name, row.members or row.path)
        for model in pack.models
        for row in model.sink
        if row.cost == "seconds" and not row.instead
    ]
    everything = sum(row.cost == "seconds" for model in pack.models for row in model.sink)
    assert len(silent) * 5 <= everything, silent
