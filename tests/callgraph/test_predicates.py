"""Tests of conditions, read from their text in both languages."""

import pytest

from alef_audit.callgraph.keeping import number, plain
from alef_audit.callgraph.predicates import Comparison, Truth, atoms, comparison, parse, truth


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("a && !b", {"a": True, "b": False}, True),
        ("a and not b", {"a": True}, None),
        ("!(a || b) && c", {"b": True}, False),
        ("not a or b", {"a": False}, True),
        ("!!a", {"a": True}, True),
        ("Boolean(a) && bool(b)", {"a": True, "b": True}, True),
        ("(a) || (b && c)", {"a": False, "b": False}, False),
        ('a === ")" && b', {'a === ")"': True, "b": True}, True),
        ("a ? b : c", {"a": True, "b": True, "c": True}, None),
        ("a if b else c", {"a": True, "b": True, "c": True}, None),
        ("a ?? b", {"a": True, "b": True}, None),
        ("f((x) => x && y) || a", {"a": True}, True),
    ],
)
def test_what_a_test_gives(text: str, known: dict[str, bool], expected: Truth) -> None:
    assert truth(parse(text), known.get) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a === null", Comparison("a", "==", "null")),
        ("a is not None", Comparison("a", "!=", "None")),
        ("k not in cache", Comparison("k", "not in", "cache")),
        ("f(a == b) < 3", Comparison("f(a == b)", "<", "3")),
        ("'a == b'", None),
        ("0 < a < 9", None),
        ("cache.has(k)", None),
    ],
)
def test_comparisons(text: str, expected: Comparison | None) -> None:
    assert comparison(text) == expected


@pytest.mark.parametrize("text", ["", "(", ")(", "((((a", "a &&", "&& ||", "not", "!" * 160, "(" * 80 + ")" * 80, "'a"])
def test_what_is_cut_off_or_broken_is_read_as_far_as_it_goes(text: str) -> None:
    assert truth(parse(text), lambda _: None) is None
    assert all(isinstance(atom, str) for atom in atoms(parse(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5 * 60 * 1000", 300_000.0),
        ("60_000", 60_000.0),
        ("(2 * 3)", 6.0),
        ("timedelta(minutes=5, seconds=1)", 301.0),
        ("1e3", 1000.0),
        ("a * 2", None),
        ("*", None),
        ("timedelta()", None),
    ],
)
def test_lengths_of_time(text: str, expected: float | None) -> None:
    assert number(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a?.b", "a.b"),
        ("cache!.get(k)", "cache.get(k)"),
        ("a?.[k]", "a[k]"),
        ("entry as Entry", "entry"),
        ("await pending", "pending"),
        ("!a", "!a"),
        ("a !== b", "a !== b"),
    ],
)
def test_spelling_without_marks(text: str, expected: str) -> None:
    assert plain(text) == expected
