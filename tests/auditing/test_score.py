"""The score: it agrees with the levels, and every weight moves it."""

from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alef_audit.auditing.levels import LEVELS, Judge, Weighed, rebanded, score, weighed_product
from alef_audit.auditing.message import message
from alef_audit.callgraph.graph import RootSite
from alef_audit.rulepack.kinds import COSTS, Confidence, Cost, Level, Rate, RootKind, Verdict
from alef_audit.rulepack.load import bundled_rules, load_rulepack

PACK = load_rulepack([bundled_rules()])
KINDS = PACK.kinds
LOOPS = range(6)
HOT = tuple(kind for kind, meaning in KINDS.root.items() if meaning.heat != "never")
weighed = st.builds(
    Weighed,
    st.sampled_from(get_args(Level)),
    st.sampled_from([rate for rate in get_args(Rate) if rate != "never"]),
    st.sampled_from(get_args(Cost)),
    st.integers(0, 6),
    st.booleans(),
    st.booleans(),
    st.sampled_from(get_args(Confidence)),
    st.sampled_from(("exposed", "mitigated")),
)


@given(weighed)
def test_a_score_lies_in_the_band_of_its_level(one: Weighed) -> None:
    band = KINDS.score.band[one.level]
    assert band.floor <= score(KINDS, one) < band.ceiling


@given(weighed, weighed)
def test_the_order_is_level_first_then_the_product(one: Weighed, other: Weighed) -> None:
    def key(found: Weighed) -> tuple[int, float]:
        return LEVELS.index(found.level), weighed_product(KINDS, found)

    if key(one) < key(other):
        assert score(KINDS, one) <= score(KINDS, other)


@pytest.mark.parametrize("pattern", PACK.patterns, ids=lambda pattern: pattern.number)
def test_no_lower_level_of_the_table_scores_higher(pattern: object) -> None:
    """Whatever the table of a pattern says: all that it makes an error is above all that it makes a warning."""
    judge = Judge(pattern)  # type: ignore[arg-type]
    scores: dict[Level, list[float]] = {level: [] for level in get_args(Level)}
    verdicts: tuple[Verdict, ...] = ("exposed", "mitigated")
    confidences: tuple[Confidence, ...] = get_args(Confidence)
    for kind, cost, loops, auth, sure, verdict in product(HOT, COSTS, LOOPS, (False, True), confidences, verdicts):
        root = KINDS.root[kind]
        level = judge.level(
            0,
            verdict=verdict,
            heat=root.heat,
            kind="blocking.filesystem",
            auth=auth,
            cost=cost,
            loops=loops,
            confidence=sure,
            library=False,
        )
        scores[level].append(score(KINDS, Weighed(level, root.rate, cost, loops, auth, False, sure, verdict)))
    assert max(scores["note"]) < min(scores["warning"])
    assert max(scores["warning"]) < min(scores["error"])


def test_every_factor_counts() -> None:
    plain = Weighed(
        "warning", "timer", "milliseconds", 0, auth=False, backoff=False, confidence="medium", verdict="exposed"
    )
    worse = (
        plain._replace(rate="unit"),
        plain._replace(cost="seconds"),
        plain._replace(loops=1),
        plain._replace(auth=True),
        plain._replace(confidence="high"),
    )
    assert all(score(KINDS, one) > score(KINDS, plain) for one in worse)
    assert score(KINDS, plain._replace(verdict="mitigated")) < score(KINDS, plain)
    assert score(KINDS, plain._replace(backoff=True)) < score(KINDS, plain)


def test_what_is_discharged_or_never_fires_scores_nothing() -> None:
    plain = Weighed("note", "unit", "seconds", 3, auth=True, backoff=False, confidence="high", verdict="exposed")
    assert score(KINDS, plain._replace(verdict="discharged")) == 0
    assert score(KINDS, plain._replace(rate="never")) == 0


def test_the_worst_that_can_be_said_stays_below_the_end_of_the_scale() -> None:
    worst = Weighed("error", "unit", "seconds", 9, auth=True, backoff=False, confidence="high", verdict="exposed")
    assert score(KINDS, worst) == 99.9


def test_a_level_that_is_set_takes_the_score_along() -> None:
    plain = Weighed("error", "unit", "seconds", 0, auth=True, backoff=False, confidence="high", verdict="exposed")
    lowered = rebanded(KINDS.score, score(KINDS, plain), "error", "note")
    assert lowered == pytest.approx(score(KINDS, plain._replace(level="note")), abs=0.2)
    assert rebanded(KINDS.score, 0.0, "note", "error") == 0


def _site(kind: RootKind, event: str = "") -> RootSite:
    return RootSite(0, kind, "", "event-loop", event=event)


@pytest.mark.parametrize(
    ("root", "auth", "per", "text"),
    [
        ("attempt", True, ("provider", "agent"), "once per provider per agent on every attempt in the auth phase"),
        ("request", False, (), "on every request"),
        ("request", False, ("candidate", "candidate"), "once per candidate on every request"),
        ("tick", True, (), "on every tick in the auth phase"),
        ("lifecycle", False, ("x" * 31,), "once per item on every set-up or reload"),
        ("coroutine", False, ("row",), "once per row on every await of the coroutine"),
    ],
)
def test_the_sentence_of_a_finding(root: RootKind, auth: bool, per: tuple[str, ...], text: str) -> None:
    assert message("fs.statSync", _site(root), KINDS, auth=auth, per=per) == f"fs.statSync blocks the event loop {text}"


def test_an_event_that_is_named_says_when() -> None:
    renamed = _site("lifecycle", "channel_renamed")
    text = message("open", renamed, KINDS, auth=False, per=())
    assert text == 'open blocks the event loop on every "channel_renamed"'
    plain = _site("message", "message")
    assert message("open", plain, KINDS, auth=False, per=()) == "open blocks the event loop on every message"


@given(st.sampled_from(HOT), st.booleans(), st.lists(st.from_regex(r"[a-z]{3,12}( [a-z]{3,9})?", fullmatch=True)))
def test_every_sentence_reads_well(root: RootKind, auth: bool, per: list[str]) -> None:
    text = message("fs.statSync", _site(root), KINDS, auth=auth, per=tuple(per))
    assert "  " not in text
    assert text == text.strip()
    assert text.count(" once ") == bool(per) + (root == "warmup")
    assert text.endswith(" in the auth phase") == auth
