"""Differences between two reports, and their Markdown."""

import pytest
from markdown_it import MarkdownIt

from tests.ecosystem.compare import compare
from tests.ecosystem.document import Counts, Coverage, Document, Finding, Root, Sink, Summary
from tests.ecosystem.render import Outcome, code, render, summarised
from tests.ecosystem.run import Took

ROOTS = (Root("request", "handle", "a.py", 3), Root("tick", "poll", "b.py", 9))


def finding(name: str, level: str = "error", verdict: str = "exposed", root: int = 0, path: str = "a.py") -> Finding:
    return Finding(name, level, verdict, root, Sink("open", path, 7), ())


def document(*findings: Finding, roots: tuple[Root, ...] = ROOTS) -> Document:
    return Document(Summary(Counts(len(findings), 0, 0), 0, Coverage(1200)), roots, findings)


def outcome(base: Document, head: Document) -> Outcome:
    runs = summarised(base, Took(1.0, 2.0, 100 << 20)), summarised(head, Took(1.0, 3.0, 90 << 20))
    return Outcome("npm:a@1", *runs, compare(base, head), ())


def test_what_stays_the_same_is_no_change() -> None:
    assert compare(document(finding("x")), document(finding("x"))) == ()


def test_a_root_that_moves_within_its_file_is_the_same() -> None:
    moved = tuple(Root(root.kind, root.function, root.path, root.line + 1) for root in ROOTS)
    assert compare(document(finding("x")), document(finding("x"), roots=moved[::-1] + ROOTS[1:])) != ()
    assert compare(document(finding("x")), document(finding("x"), roots=moved)) == ()


def test_kinds_in_their_order_the_worst_first() -> None:
    base = document(
        finding("gone"), finding("level"), finding("verdict", "note"), finding("root"), finding("milder", "warning")
    )
    head = document(
        finding("root", root=1),
        finding("verdict", "note", "mitigated"),
        finding("level", "warning", "mitigated", 1),
        finding("new", "note", path="a"),
        finding("worse", path="z"),
        finding("milder", "note"),
    )
    assert [(change.kind, change.fingerprint) for change in compare(base, head)] == [
        ("appeared", "worse"),
        ("appeared", "new"),
        ("disappeared", "gone"),
        ("level", "level"),
        ("level", "milder"),
        ("verdict", "verdict"),
        ("root", "root"),
    ]


def test_the_report() -> None:
    base = document(finding("gone"), finding("level"), finding("root"))
    head = document(finding("level", "note", "mitigated"), finding("root", root=1))
    broken = Outcome("npm:b@1", None, None, (), ("head: exit code 5: `oops`\n# no heading",))
    assert render("v1", "working tree", (outcome(base, head), broken), 20) == (
        "# Ecosystem check: `v1` → `working tree`\n"
        "\n"
        "2 packages: 1 disappeared, 1 level changed, 1 root changed. 1 failed.\n"
        "\n"
        "| package | lines | error | warning | note | discharged | appeared | gone | changed | CPU s | ratio | peak MiB | ratio |\n"  # noqa: E501
        "| :-- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n"
        "| `npm:a@1` | 1,200 | 3 → 2 | 0 | 0 | 0 | 0 | 1 | 2 | 2.0 → 3.0 | 1.50 | 100 → 90 | 0.90 |\n"
        "| `npm:b@1` | – | – | – | – | – | 0 | 0 | 0 | – | – | – | – |\n"
        "\n"
        "## `npm:a@1`\n"
        "\n"
        "### Disappeared: 1\n"
        "\n"
        "* error exposed `a.py:7` `open`, from request `handle` `a.py:3`, 0 frames\n"
        "\n"
        "### Level changed: 1\n"
        "\n"
        "* error exposed → note mitigated `a.py:7` `open`, from request `handle` `a.py:3`, 0 frames\n"
        "\n"
        "### Root changed: 1\n"
        "\n"
        "* error exposed `a.py:7` `open`, from request `handle` `a.py:3` → from tick `poll` `b.py:9`, 0 frames\n"
        "\n"
        "## `npm:b@1`\n"
        "\n"
        "Failed: ``head: exit code 5: `oops`\\n# no heading``\n"
    )


def test_long_lists_are_cut() -> None:
    text = render("a", "b", (outcome(document(), document(*map(finding, "xyz"))),), 2)
    assert text.count("* error") == 2
    assert text.endswith("* and 1 more\n")


@pytest.mark.parametrize(
    "text",
    ["a`b", "``", "` a `", "<img src=x>", "@team", "[a](b)", "\x1b[2J", "\u202eabc", "\udcff", "a|b", "\n\n# x", ""],
)
def test_names_are_shown_as_code_on_one_line(text: str) -> None:
    shown = code(text)
    assert shown.isprintable()
    inline = MarkdownIt().parseInline(f"x {shown} y")[0].children
    assert inline is not None
    assert [token.type for token in inline] == ["text", "code_inline", "text"]


def test_a_bar_in_a_name_does_not_end_its_cell() -> None:
    hostile = Outcome("npm:a|b@1", None, None, (), ())
    (row,) = (line for line in render("a", "b", (hostile,), 2).splitlines() if "npm:" in line)
    assert row.startswith("| `npm:a\\|b@1` |")
