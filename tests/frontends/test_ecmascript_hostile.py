"""Any bytes whatever give facts whose indices are in range, without a crash or an overflow."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alef_audit.facts import flows
from alef_audit.facts.file import FileFacts
from alef_audit.frontends.ecmascript import parse
from alef_audit.frontends.ecmascript.extract import extract_ecmascript
from tests.fuzz.sound_facts import check_facts

GRAMMARS = ("typescript", "tsx", "javascript")

SEED = """#!/usr/bin/env node
import d, { a as b, type T } from "m"; import * as ns from 'n'; export * from "s"; export { q as r } from "./r";
@Injectable() export class A<T> extends B.C implements I<X> {
  static #s = f(); data = readFileSync("x");
  constructor(private readonly x: Map<string, A[]>, ...y: Z[]) { super(x); }
  @Get("y") async *m({ a, b: [c = d] }: { a: A; b: typeof f }): Promise<void> {
    for await (const i of this.x) yield* i?.go?.(1); }
  get v() { return super.v; } set v(z) {} static { init(); } ["k" + 1]() {}
}
interface I extends J { a: A; m(): void; [k: string]: B } type U = A | Promise<B>[] & { c: import("./x").D["e"] };
const h = {
  "models.list": async (req) => { if (c) return c; switch (k) { case 1: case 2: p(); default: q() } },
  ...spread, get g() { return this }, [k]: 1 };
exports = module.exports = function named() {
  try { x ??= y || (0, z.w)(`t${u()}`) } catch ({ message }) { } finally { } };
label: do { while (--n) await new Promise((r) => setImmediate(r)); } while (!done());
namespace N.M { export const f = <T,>(x: T) => x as unknown as U; } enum E { A = f() }
Object.defineProperty(exports, "k", { get: function () { return m.v } });
new (foo())(...args); let z!: typeof import("fs");
export default async () => <const>{ a: cond ? b : delete c.d, e: [...f, , g] } satisfies U;
"""


def check(source: bytes, grammar: str) -> FileFacts:
    """The facts of a file, once it is certain that they are sound."""
    facts = extract_ecmascript(source, grammar)
    check_facts(facts, source)
    return facts


@pytest.mark.parametrize("grammar", GRAMMARS)
def test_the_seed_is_read(grammar: str) -> None:
    check(SEED.encode(), grammar)


@pytest.mark.parametrize(
    "source", [b"", b"\xff\xfe\x00", b"\xef\xbb\xbff();", b"f(\r\n'x'\r\n)\r\n", "ü.ö('ä')".encode()]
)
@pytest.mark.parametrize("grammar", GRAMMARS)
def test_odd_bytes(source: bytes, grammar: str) -> None:
    check(source, grammar)


_PIECES = st.sampled_from(
    [
        *"(){}[]<>;,.:=?!`'\"@#/*",
        "=>",
        "...",
        "?.",
        " as ",
        " async ",
        "await ",
        "class ",
        "function ",
        "import(",
        "export ",
        "new ",
    ]
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    edits=st.lists(st.tuples(st.integers(0, len(SEED)), st.integers(0, 60), _PIECES), min_size=1, max_size=12),
    grammar=st.sampled_from(GRAMMARS),
)
def test_mutated_sources(edits: list[tuple[int, int, str]], grammar: str) -> None:
    text = SEED
    for start, length, piece in edits:
        text = text[:start] + piece + text[start + length :]
    check(text.encode(), grammar)


@settings(max_examples=200, deadline=None)
@given(
    pieces=st.lists(st.one_of(_PIECES, st.sampled_from(SEED.split())), max_size=60), grammar=st.sampled_from(GRAMMARS)
)
def test_word_salad(pieces: list[str], grammar: str) -> None:
    check(" ".join(pieces).encode(), grammar)


_MANY = 20_000
DEEP = {
    "parentheses": "(" * 100_000 + "f()" + ")" * 100_000,
    "sum": "+".join(["a()"] * _MANY),
    "alternatives": "||".join(["a()"] * _MANY),
    "members": "x = a" + ".b(1)" * _MANY,
    "arguments": "f(" * _MANY + ")" * _MANY,
    "arrays": "x = " + "[" * _MANY + "]" * _MANY,
    "objects": "x = " + "{a:" * _MANY + "1" + "}" * _MANY,
    "arrows": "x = " + "() => " * _MANY + "1",
    "functions": "function f() {" * _MANY + "}" * _MANY,
    "classes": "class A { m() {" * 3_000 + "}}" * 3_000,
    "blocks": "{" * _MANY + "}" * _MANY,
    "else": "if (a) b(); else " * _MANY + "c()",
    "ternaries": "a ? b : " * _MANY + "c",
    "exits": "if (a) return b();\n" * _MANY,
    "patterns": "const " + "[" * _MANY + "a" + "]" * _MANY + " = x",
    "types": "let x: " + "Array<" * _MANY + "T" + ">" * _MANY,
    "object types": "let x: " + "{a:" * _MANY + "T" + "}" * _MANY,
    "unions": "type A = " + " | ".join(f"B{i}" for i in range(_MANY)),
    "templates": "`${" * _MANY + "1" + "}`" * _MANY,
    "decorators": "@a" * _MANY + " class X {}",
    "assignments": "a = " * _MANY + "b",
}


@pytest.mark.parametrize("name", DEEP)
@pytest.mark.parametrize("grammar", ["typescript", "javascript"])
def test_deep_nesting(name: str, grammar: str) -> None:
    check(DEEP[name].encode(), grammar)


def test_characters_that_straddle_the_parser_s_chunks() -> None:
    source = "x = '" + "ü€𝄞" * 5_000 + "'; f();"
    facts = check(source.encode(), "typescript")
    assert facts.problems == ()
    assert "f" in facts.names


def test_a_parse_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse, "_STEPS_AT_LEAST", 2)
    monkeypatch.setattr(parse, "_STEPS_PER_BYTE", 0.0)
    facts = check(b"f(1);\n" * 1_000, "typescript")
    assert [problem.kind for problem in facts.problems] == ["parse-error"]


def test_nothing_in_a_deep_expression_is_lost() -> None:
    facts = extract_ecmascript(DEEP["arguments"].encode(), "javascript")
    assert len(facts.calls) // 4 >= _MANY * flows.CALL_HEAD
    assert facts.problems == ()
