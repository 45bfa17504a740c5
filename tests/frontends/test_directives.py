"""Comments addressed to the tool: which of them are read, and which lines and functions they speak about."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alef_audit.facts.file import Directive, FileFacts
from alef_audit.frontends.ecmascript.extract import extract_ecmascript
from alef_audit.frontends.python.extract import extract_python


def facts_of(source: str, language: str) -> FileFacts:
    text = source.encode()
    return extract_python(text) if language == "python" else extract_ecmascript(text, "typescript")


def said(source: str, language: str) -> list[tuple[tuple[int, ...], str]]:
    """For every comment the lines it speaks about and the function it stands at."""
    facts = facts_of(source, language)
    return [
        (one.spans, facts.functions[one.function].qualname if one.function >= 0 else "") for one in facts.directives
    ]


def test_what_is_a_comment_and_what_is_text() -> None:
    script = (
        "#!/usr/bin/env node\n// audit: hot\nf(); // audit: ignore[035] because\n"
        "/* audit: cold */\nconst s = '// audit: no';\n/**\n * audit: hot\n */"
    )
    assert facts_of(script, "ecmascript").directives == (
        Directive(2, "hot", (3, 3), -1),
        Directive(3, "ignore[035] because", (3, 3), -1),
        Directive(4, "cold", (5, 5), -1),
        Directive(7, "hot", (), -1),
    )
    text = 's = """\n# audit: hot\n"""\nu = "http://x" + "#"  # noqa: E501  # audit: hot\n'
    assert facts_of(text, "python").directives == (Directive(4, "hot", (4, 4), -1),)


PYTHON = {
    "on the line": ("x()  # audit: a\n", (1, 1), ""),
    "above": ("# audit: a\nx()\ny()\n", (2, 2), ""),
    "above, other comments between": ("# audit: a\n# why\nx()\n", (3, 3), ""),
    "nothing follows": ("x()\n# audit: a\n\ny()\n", (), ""),
    "first line of a long call": ("x(  # audit: a\n  1,\n)\n", (1, 3), ""),
    "last line of a long call": ("x(\n  1,\n)  # audit: a\n", (1, 3), ""),
    "inside a long call": ("x(\n  # audit: a\n  1,\n)\n", (1, 4), ""),
    "above a long call": ("# audit: a\nx(\n  1,\n)\ny()\n", (2, 4), ""),
    "entry of a table": ("t = {\n  1: x(),\n  2: y(),  # audit: a\n}\n", (3, 3), ""),
    "head of a branch": ("if x():  # audit: a\n    y()\nelif z():\n    pass\n", (1, 1), ""),
    "head of another branch": ("if x():\n    y()\nelif z():  # audit: a\n    pass\n", (3, 3), ""),
    "above a branch": ("# audit: a\nif x():\n    y()\n", (2, 2), ""),
    "in a branch": ("if x():\n    y()  # audit: a\n    z()\n", (2, 2), ""),
    "head of with": ("with x() as y:  # audit: a\n    z()\n", (1, 1), ""),
    "a function": ("def f():  # audit: a\n    x()\n", (1, 1), "f"),
    "a long head": ("def f(\n    a,\n) -> int:  # audit: a\n    x()\n", (1, 3), "f"),
    "above a function": ("# audit: a\ndef f():\n    x()\n", (2, 2), "f"),
    "above decorators": ("# audit: a\n@d(lambda: 1)\n@e(\n 1)\nasync def f():\n    x()\n", (2, 5), "f"),
    "between decorators": ("@d\n# audit: a\n@e\ndef f():\n    x()\n", (1, 4), "f"),
    "a method": ("class C:\n    # audit: a\n    def m(self):\n        x()\n", (3, 3), "C.m"),
    "the last line of a body": ("def f():\n    x()\n    y()  # audit: a\n", (3, 3), ""),
    "the end of a body": ("def f():\n    x()\n    # audit: a\n\ndef g(): pass\n", (), ""),
    "a lambda": ("f = lambda: x()  # audit: a\n", (1, 1), "<lambda>"),
}
ECMASCRIPT = {
    "on the line": ("x(); // audit: a\n", (1, 1), ""),
    "in front": ("/* audit: a */ x();\ny();", (1, 1), ""),
    "above": ("// audit: a\nx();\ny();\n", (2, 2), ""),
    "last line of a chain": ("x()\n  .y()\n  .z(); // audit: a\n", (1, 3), ""),
    "inside a long call": ("x(\n  // audit: a\n  1,\n);\n", (1, 4), ""),
    "end of a call with a callback": ("x(() => {\n  y();\n  z();\n}, 1); // audit: a\n", (1, 1, 4, 4), ""),
    "start of a callback": ("x(1, () => {  // audit: a\n  y();\n});\n", (1, 1, 3, 3), "x callback"),
    "above a callback": ("x(\n  // audit: a\n  async (r) => {\n    y();\n  },\n);\n", (1, 3, 5, 6), "x callback"),
    "entry of a table": ("const t = {\n  a: x(),\n  b: y(), // audit: a\n};\n", (3, 3), ""),
    "function in a table": (
        "const t = {\n  // audit: a\n  b: async () => {\n    y();\n  },\n};\n",
        (3, 3, 5, 5),
        "t.b",
    ),
    "head of a branch": ("if (x()) { // audit: a\n  y();\n} else if (z()) {\n  q();\n}\n", (1, 1), ""),
    "head of try": ("try { // audit: a\n  y();\n} finally {\n  q();\n}\n", (1, 1), ""),
    "a case": ("switch (x) {\n  case 1:\n    y(); // audit: a\n    z();\n}\n", (3, 3), ""),
    "a function": ("function f() { // audit: a\n  x();\n}\n", (1, 1), "f"),
    "an exported function": ("// audit: a\nexport async function f(\n  a,\n) {\n  x();\n}\n", (2, 4), "f"),
    "a long head": ("async function f(\n  a: string,\n): Promise<void> { // audit: a\n  x();\n}\n", (1, 3), "f"),
    "an arrow function": ("// audit: a\nexport const f = async () => {\n  x();\n};\n", (2, 2, 4, 4), "f"),
    "an arrow on the next line": (
        "// audit: a\nexport const f: F =\n  async () => {\n    x();\n  };\n",
        (2, 3, 5, 5),
        "f",
    ),
    "a short arrow function": ("export const f = () => x(); // audit: a\n", (1, 1), "f"),
    "a method": ("class C {\n  // audit: a\n  async m() {\n    x();\n  }\n}\n", (3, 3), "C.m"),
    "a decorated method": ("class C {\n  // audit: a\n  @Get()\n  m() {\n    x();\n  }\n}\n", (3, 4), "C.m"),
    "a field": ("class C {\n  m = async () => { // audit: a\n    x();\n  };\n}\n", (2, 2, 4, 4), "C.m"),
    "a block comment": ("/**\n * Words.\n * audit: a\n */\nfunction f() {\n  x();\n}\n", (5, 5), "f"),
    "a class": ("// audit: a\nclass C {\n  m() {}\n}\n", (2, 2), ""),
}


@pytest.mark.parametrize("name", PYTHON)
def test_python(name: str) -> None:
    source, spans, function = PYTHON[name]
    assert said(source, "python") == [(spans, function)]


@pytest.mark.parametrize("name", ECMASCRIPT)
def test_ecmascript(name: str) -> None:
    source, spans, function = ECMASCRIPT[name]
    assert said(source, "ecmascript") == [(spans, function)]


_PIECES = st.sampled_from(
    ["(", ")", "{", "}", "\n", "\n\n", "    ", "# audit: hot\n", "// audit: hot\n", "@d\n", '"""', "`", ":", ","]
)


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(
        [*(("python", one[0]) for one in PYTHON.values()), *(("ts", one[0]) for one in ECMASCRIPT.values())]
    ),
    st.lists(st.tuples(st.integers(0, 90), st.integers(0, 8), _PIECES), max_size=6),
)
def test_whatever_the_source_lines_and_functions_exist(
    source: tuple[str, str], edits: list[tuple[int, int, str]]
) -> None:
    language, text = source
    for at, length, piece in edits:
        text = text[:at] + piece + text[at + length :]
    facts = facts_of(text, language)
    for one in facts.directives:
        assert -1 <= one.function < len(facts.functions)
        assert one.function != 0
        assert list(one.spans) == sorted(one.spans)
        assert len(one.spans) % 2 == 0
        assert all(1 <= line <= facts.lines for line in one.spans)


def test_comments_beyond_all_measure_are_not_heeded_and_that_is_said() -> None:
    facts = facts_of("# audit: hot\n" * 1_500 + "f()\n", "python")
    assert len(facts.directives) == 1_000
    assert {one.spans for one in facts.directives} == {(1_501, 1_501)}
    assert [(one.line, one.kind) for one in facts.problems] == [(1_001, "skipped")]


def test_many_comments_on_one_line() -> None:
    facts = facts_of("f(); " + "/* a */ " * 2_000 + "// audit: hot\n", "typescript")
    assert [one.spans for one in facts.directives] == [(1, 1)]
