"""The expectation grammar, and that the sample repositories are written in it."""

from pathlib import Path

import pytest

from tests.expectations import Expectation, Fact, compare, expectations

SAMPLES = Path(__file__).resolve().parent.parent / "sample_repos"
SOURCES = sorted(path for path in SAMPLES.rglob("*") if path.suffix in (".ts", ".mjs", ".py"))


@pytest.mark.parametrize("comment", ["#", "//"])
def test_tags_values_and_lines(comment: str) -> None:
    text = f"first()\nsecond()  {comment} $ sink=blocking.filesystem silent\n"
    assert expectations(text) == (
        Expectation(2, "sink", "blocking.filesystem"),
        Expectation(2, "silent"),
    )


def test_a_marker_holds_until_the_next() -> None:
    text = "f()  # $ root=rpc MISSED: sink=a call=b FALSE-ALARM: finding=note:auth"
    assert expectations(text) == (
        Expectation(1, "root", "rpc"),
        Expectation(1, "sink", "a", "missed"),
        Expectation(1, "call", "b", "missed"),
        Expectation(1, "finding", "note:auth", "false-alarm"),
    )


def test_quoted_values_may_contain_spaces_and_slashes() -> None:
    text = """f() // $ call='bot.on("message") callback' import="https://x // y" root=rpc"""
    assert [entry.value for entry in expectations(text)] == ['bot.on("message") callback', "https://x // y", "rpc"]


@pytest.mark.parametrize("text", ["f()  # $ root=rpc # because of the table", "f()  // $ root=rpc // see below"])
def test_words_may_follow_behind_a_second_comment_sign(text: str) -> None:
    assert expectations(text) == (Expectation(1, "root", "rpc"),)


@pytest.mark.parametrize(
    "text", ["", "f()", "f()  # root=rpc", "f()  # $HOME", "url = 'http://$ root=rpc'", "a //= $b"]
)
def test_other_text_says_nothing(text: str) -> None:
    assert expectations(text) == ()


def test_line_ends_of_all_systems_count_and_form_feeds_do_not() -> None:
    text = "a\r\nb\rc\x0cd\ne  # $ silent\r\n"
    assert expectations(text) == (Expectation(4, "silent"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\nf()  # $ snik=x", "line 2: unknown tag 'snik'"),
        ("f()  # $", "line 1: an expectation comment without"),
        ("f()  # $ MISSED:", "line 1: an expectation comment without"),
        ("f()  # $ root=", "line 1: cannot read 'root='"),
        ("f()  # $ Root=rpc", "line 1: cannot read 'Root=rpc'"),
        ("f()  # $ root=rpc root=rpc", "line 1: root=rpc is written down twice"),
        ("f()  # $ root=rpc MISSED: root=rpc", "line 1: root=rpc is written down twice"),
    ],
)
def test_mistakes_are_named(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        expectations(text)


def test_agreement_is_silent() -> None:
    expected = expectations("f()  # $ root=rpc MISSED: sink=a FALSE-ALARM: sink=b\n")
    assert compare(expected, [Fact(1, "root", "rpc"), Fact(1, "sink", "b")]) == ()


@pytest.mark.parametrize(
    ("text", "actual", "complaint"),
    [
        ("f()  # $ root=rpc", [], "line 1: root=rpc is written down but was not found"),
        ("f()", [Fact(1, "silent")], "line 1: silent was found but is not written down"),
        (
            "f()  # $ MISSED: sink=a",
            [Fact(1, "sink", "a")],
            "line 1: MISSED: sink=a was found: fixed, remove the marker",
        ),
        ("f()  # $ FALSE-ALARM: sink=a", [], "line 1: FALSE-ALARM: sink=a is gone: fixed, remove the marker"),
        ("f()", [Fact(1, "call", "a b")], 'line 1: call="a b" was found but is not written down'),
    ],
)
def test_each_disagreement_has_its_sentence(text: str, actual: list[Fact], complaint: str) -> None:
    assert compare(expectations(text), actual) == (complaint,)


def test_a_wrong_value_or_line_is_two_disagreements_in_order() -> None:
    expected = expectations("\nf()  # $ root=rpc")
    assert compare(expected, [Fact(2, "root", "tool")]) == (
        "line 2: root=rpc is written down but was not found",
        "line 2: root=tool was found but is not written down",
    )
    assert compare(expected, [Fact(1, "root", "rpc")]) == (
        "line 1: root=rpc was found but is not written down",
        "line 2: root=rpc is written down but was not found",
    )


def test_a_test_hears_only_what_it_listens_to() -> None:
    expected = expectations("f()  # $ root=rpc sink=a")
    assert compare(expected, [Fact(1, "root", "rpc"), Fact(1, "guard", "once")], listen={"root"}) == ()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(SAMPLES).as_posix())
def test_sample_repositories_are_consistent(path: Path) -> None:
    """Every sink says what becomes of it, exactly once; nothing else is reported or silent."""
    by_line: dict[int, list[str]] = {}
    for entry in expectations(path.read_text(encoding="utf-8")):
        if entry.status != "false-alarm":
            by_line.setdefault(entry.line, []).append(entry.tag)
    for line, tags in by_line.items():
        fates = [tag for tag in tags if tag in ("finding", "discharged", "silent")]
        assert len(fates) == ("sink" in tags), f"line {line}: {' '.join(tags)}"
