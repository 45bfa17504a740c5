"""The grammar of access paths and argument selectors."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alef_audit.rulepack.paths import PathError, Selector, Step, parse_path, parse_selector

names = st.from_regex(r"[A-Za-z_$][\w$]{0,8}|\*", fullmatch=True)
bracketed = st.tuples(st.sampled_from(("Member", "Argument", "Parameter")), st.lists(names, min_size=1, max_size=3))
no_names: list[str] = []
bare = st.tuples(st.sampled_from(("ReturnValue", "Awaited", "Instance")), st.just(no_names))
steps = st.lists(st.one_of(bracketed, bare), min_size=1, max_size=5)
positions = st.integers(-99, 99)
fields = st.lists(st.lists(names, min_size=1, max_size=3), max_size=3)


def spelled(parts: list[tuple[str, list[str]]], comma: str = ",") -> str:
    return ".".join(word + (f"[{comma.join(inner)}]" if inner else "") for word, inner in parts)


@given(steps, st.sampled_from((",", ", ", " , ")))
def test_what_is_spelled_is_read(parts: list[tuple[str, list[str]]], comma: str) -> None:
    assert parse_path(spelled(parts, comma)) == tuple(Step(word, tuple(inner)) for word, inner in parts)  # type: ignore[arg-type]


@given(st.lists(positions, unique=True, max_size=3), st.none() | positions, st.lists(names, max_size=3), fields)
def test_selectors(places: list[int], tail: int | None, keywords: list[str], below: list[list[str]]) -> None:
    words = [word for word in keywords if word != "*"]
    parts = [*map(str, places), *([] if tail is None else [f"{tail}:"]), *(f"{word}:" for word in words)]
    if not parts:
        return
    text = spelled([("Argument", parts), *(("Member", inner) for inner in below)])
    assert parse_selector(text) == Selector(
        tuple(places), tail, tuple(words), tuple(tuple(inner) for inner in below), every=False
    )


@given(st.one_of(st.text(max_size=40), st.text(alphabet="MAPRIembrgutn[]().,:*-01²٣ \n", max_size=20)))
def test_any_text_is_read_or_refused_with_the_one_error(text: str) -> None:
    for parse in (parse_path, parse_selector):
        with suppress(PathError):
            parse(text)


@given(steps, st.integers(0, 60), st.characters())
def test_a_changed_character_never_escapes_the_grammar(
    parts: list[tuple[str, list[str]]], at: int, character: str
) -> None:
    text = spelled(parts)
    at %= len(text)
    try:
        found = parse_path(text[:at] + character + text[at + 1 :])
    except PathError:
        return
    assert all(bool(step.names) == (step.word in ("Member", "Argument", "Parameter")) for step in found)
    assert all(name and not set(name) & set("[],") for step in found for name in step.names)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty path"),
        ("member[a]", "not a path step at column 1"),
        ("Member[a].Returnvalue", "not a path step at column 11"),
        ("Member[a]ReturnValue", "not a path step at column 1"),
        ("Member[a].", "not a path step at column 1"),
        ("Member[a].ReturnValue ", "not a path step at column 11"),
        ("Member[a].ReturnValue\n", "not a path step at column 11"),
        ("Member", "Member needs"),
        ("Argument.Member[a]", "Argument needs"),
        ("ReturnValue[0]", "ReturnValue takes no"),
        ("Awaited[]", "Awaited takes no"),
        ("Member[]", "an empty name"),
        ("Member[a,,b]", "an empty name"),
        ("Member[a, ]", "an empty name"),
        ("Member[a[b]]", "not a path step"),
    ],
)
def test_paths_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(PathError) as error:
        parse_path(text)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Member[a]", "expected Argument"),
        ("Argument[0].ReturnValue", "expected Argument"),
        ("Argument[0].Argument[1]", "expected Argument"),
        ("Argument[a]", "not an argument: 'a'"),
        ("Argument[--1]", "not an argument: '--1'"),
        ("Argument[²]", "not an argument: '²'"),
        ("Argument[1:2]", "not an argument: '1:2'"),
        ("Argument[:]", "not an argument: ':'"),
        ("Argument[no-name:]", "not an argument: 'no-name:'"),
        ("Argument[" + "9" * 5000 + "]", "not an argument"),
    ],
)
def test_selectors_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(PathError) as error:
        parse_selector(text)
    assert message in str(error.value)


def test_every_argument() -> None:
    assert parse_selector("Argument[*]") == Selector((), None, (), (), every=True)
