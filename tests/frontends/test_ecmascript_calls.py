"""Calls: what is recorded about each, under which loop and condition, and by which name functions go."""

import pytest

from alef_audit.facts import flows
from tests.frontends.ecmascript_reader import Reader


def test_a_call_knows_its_callee_receiver_and_place() -> None:
    facts = Reader("import * as fs from 'node:fs';\nfunction f() {\n  return fs\n    .promises.readFile('x');\n}\n")
    (call,) = facts.calls
    assert call.inside == "f"
    assert (call.line, call.column, call.end_line) == (4, 10, 4)
    assert call.callee == ("import node:fs#.promises.readFile",)
    assert call.receiver == ("import node:fs#.promises",)
    assert (call.member, call.text) == ("readFile", "fs .promises.readFile")
    assert call.flags == flows.RETURNED
    assert call.arguments == ('"x',)


@pytest.mark.parametrize(
    ("source", "flags"),
    [
        ("f();", flows.DISCARDED),
        ("void f();", flows.DISCARDED),
        ("a, f();", flows.DISCARDED),
        ("ok && f();", flows.DISCARDED),
        ("async () => { await f(); }", flows.AWAITED | flows.DISCARDED),
        ("async () => { await (f() as X)!; }", flows.AWAITED | flows.DISCARDED),
        ("async () => { const x = await f(); }", flows.AWAITED),
        ("async () => { return await f(); }", flows.AWAITED | flows.RETURNED),
        ("async () => { for await (const x of f()) g(x); }", flows.AWAITED),
        ("() => f()", flows.RETURNED),
        ("() => a ? f() : null", flows.RETURNED),
        ("x = new f();", flows.NEW),
        ("new f;", flows.NEW | flows.DISCARDED),
        ("x = f?.();", flows.OPTIONAL),
        ("x = a?.f();", 0),
        ("if (f()) {}", flows.IN_TEST),
        ("while (!f()) {}", flows.IN_TEST),
        ("x = f() ? 1 : 2;", flows.IN_TEST),
        ("x = f() && y;", flows.IN_TEST),
        ("x = f() || y;", flows.IN_TEST),
        ("if (a && f()) {}", flows.IN_TEST),
        ("x = f() === 1;", flows.JUDGED),
        ("if (null != f()) {}", flows.JUDGED),
        ("x = f() === y;", 0),
        ("() => { const x = f(); if (!x) return; }", flows.JUDGED),
        ("() => { const x = a && f(); while (x === false) {} }", flows.JUDGED),
        ("() => { const x = f(); if (x || a.x) { g({ x: 1 }); } }", flows.JUDGED),
        ("() => { const x = f(); const y = x ? 1 : 2; return y; }", flows.JUDGED),
        ("() => { const x = f(); if (x) return x; }", 0),
        ("() => { const x = f(); if (x) g({ x }); }", 0),
        ("() => { const x = f(); if (x) g(() => x); }", 0),
        ("async () => { const x = f(); if (await x) {} }", 0),
        ("async () => { const x = f(); if (x) {} await x; }", 0),
        ("() => { const x = f(); return x || y; }", 0),
        ("const x = f(); if (x) {}", 0),
        ("f`text`;", flows.DISCARDED),
    ],
)
def test_flags_say_how_the_value_is_used(source: str, flags: int) -> None:
    facts = Reader(source)
    found = next(call for call in facts.calls if call.text in ("f", "a?.f"))
    assert found.flags == flags


def test_unused_values_get_no_result_slot() -> None:
    facts = Reader("f(); const x = g(); if (h()) {} `${k()}`; l() + m();")
    assert {call.text: call.result > 0 for call in facts.calls} == {
        "f": False, "g": True, "h": False, "k": False, "l": False, "m": False,
    }  # fmt: skip


def test_arguments_keep_literals_and_values() -> None:
    facts = Reader(
        "import g from 'g';\nf('a\\n', 1, -2, true, null, undefined, `t`, g, ...g, `x${1}`, { a: 1 }, !0, void 0);"
    )
    found = facts.call("f").arguments
    assert found[:7] == ('"a\n', "1", "-2", "true", "null", "undefined", '"t')
    assert found[7:9] == (("import g#default",), ("...", ("import g#default",)))
    assert found[9:] == ("+", "+", "true", "undefined")


def test_comma_and_casts_do_not_hide_the_callee() -> None:
    facts = Reader("import * as fs from 'fs';\n(0, fs.readFileSync)('x'); (fs as any).y!(); (<any>fs).z();")
    assert [(call.callee, call.member) for call in facts.calls] == [
        (("import fs#.readFileSync",), "readFileSync"),
        (("import fs#.y",), "y"),
        (("import fs#.z",), "z"),
    ]
    assert facts.call("fs.readFileSync").receiver == ("import fs#",)


def test_computed_members() -> None:
    facts = Reader("const t = { a() {}, b() {} };\nt['a'](); t[key](); t[`b`]();")
    assert [(call.member, call.callee) for call in facts.calls] == [
        ("a", ("function t.a",)),
        ("", ("function t.a", "function t.b")),
        ("b", ("function t.b",)),
    ]


def test_super_calls_reach_the_superclass_view() -> None:
    facts = Reader("class A extends B { constructor() { super(1); } m() { super.m(); } static s() { super.s(); } }")
    assert [(call.text, call.callee) for call in facts.calls] == [
        ("super", ("super A.constructor",)),
        ("super.m", ("super A.m",)),
        ("super.s", ("global B.s",)),
    ]


def test_imports_written_as_calls_are_no_calls() -> None:
    facts = Reader("const a = await import('./a');\nfunction f() { const { x } = require('b'); x(); }", "javascript")
    assert [call.text for call in facts.calls] == ["x"]
    assert facts.call("x").callee == ("import b#.x",)
    assert [(i.specifier, i.name, i.dynamic, i.function) for i in facts.facts.imports] == [
        ("./a", "", True, 0),
        ("b", "", False, 1),
    ]


def test_require_is_only_require_when_it_is_the_real_one() -> None:
    assert Reader("function f(require) { require('x'); }").calls[0].text == "require"
    made = Reader("import { createRequire } from 'module';\nconst load = createRequire(import.meta.url);\nload('x');")
    assert [item.specifier for item in made.facts.imports] == ["module", "x"]
    assert [call.text for call in Reader("require(name)").calls] == ["require"]


# --- loops and conditions


def test_loops_know_what_they_range_over_and_whether_they_yield() -> None:
    facts = Reader(
        "for (const p of providers) { check(p); }\n"
        "for (let i = 0; i < this.agents.length; i++) { for (const k in o) inner(); }\n"
        "while (a) { await new Promise((r) => setImmediate(r)); again(); }\n"
        "do { await sleep(0); } while (b);\n"
        "for await (const x of y.values()) { await Promise.resolve(); }\n"
        "items.forEach(() => { while (1) { late(); } });"
    )
    loops = facts.facts.loops
    assert [(loop.over, loop.parent, loop.yields) for loop in loops] == [
        ("providers", -1, False),
        ("this.agents", -1, False),
        ("o", 1, False),
        ("", -1, True),
        ("", -1, True),
        ("y.values()", -1, False),
        ("", -1, False),
    ]
    assert [facts.call(text).loop for text in ("check", "inner", "again", "late")] == [0, 2, 3, 6]
    assert loops[6].function == facts.facts.functions.index(facts.function("items.forEach callback"))


def test_a_yield_deep_in_a_loop_counts_for_the_loops_around_it() -> None:
    facts = Reader("async function f() { for (const a of x) { for (const b of y) { await setImmediate(); } } }")
    assert [loop.yields for loop in facts.facts.loops] == [True, True]
    nested = Reader("for (const a of x) { g(async () => { await setImmediate(); }); }")
    assert [loop.yields for loop in nested.facts.loops] == [False]


def _conditions(source: str) -> dict[str, list[tuple[str, bool, bool]]]:
    facts = Reader(source)
    found = {}
    for call in facts.calls:
        chain, at = [], call.condition
        while at >= 0:
            condition = facts.facts.conditions[at]
            chain.append((condition.text, condition.holds, condition.exits))
            at = condition.parent
        found[call.text] = chain
    return found


def test_branches_are_conditions() -> None:
    found = _conditions(
        "if (a) { f1(); } else if (b) f2(); else f3();\n"
        "x = c ? f4() : f5(); d && f6(); e || f7(); g ?? f8(); h ??= f9();\n"
        "switch (k) { case 'p': case 'q': f10(); break; case 'r': f11(); default: f12(); }"
    )
    assert found["f1"] == [("a", True, False)]
    assert found["f2"] == [("b", True, False), ("a", False, False)]
    assert found["f3"] == [("b", False, False), ("a", False, False)]
    assert (found["f4"], found["f5"]) == ([("c", True, False)], [("c", False, False)])
    assert (found["f6"], found["f7"]) == ([("d", True, False)], [("e", False, False)])
    assert (found["f8"], found["f9"]) == ([("g != null", False, False)], [("h != null", False, False)])
    assert found["f10"] == [("k === 'p' || k === 'q'", True, False)]
    assert found["f11"] == [("k === 'r'", True, False)]
    assert found["f12"] == [("k === 'r' || k !== every case", True, False)]


def test_early_exits_are_conditions_of_what_follows_in_the_block() -> None:
    found = _conditions(
        "function f() { if (cached) return cached; read(); { if (x) { y(); throw 1; } z(); } after(); }\n"
        "for (const p of ps) { if (!p.ok) continue; probe(p); }\n"
        "function g() { if (fresh) { use(); } else { return; } rest(); }"
    )
    assert found["read"] == [("cached", False, True)]
    assert found["z"] == [("x", False, True), ("cached", False, True)]
    assert found["after"] == [("cached", False, True)]
    assert found["probe"] == [("!p.ok", False, True)]
    assert found["rest"] == [("fresh", True, True)]


def test_conditions_without_calls_and_stores_are_not_written() -> None:
    assert Reader("let x, y; if (a) { x = 1; } y = b ? 1 : 2;").facts.conditions == ()
    assert Reader("let x; function f() { if (!x) { x = 1; } }").facts.conditions[0].text == "!x"


# --- names of functions


@pytest.mark.parametrize(
    ("source", "label", "name"),
    [
        ("const f = () => 1;", "f", "f"),
        ("let f; f = async function () {};", "f", "f"),
        ("const h = { 'models.list': async () => {} };", 'h["models.list"]', "models.list"),
        ("const h = { foo() {} };", "h.foo", "foo"),
        ("const h = { a: { b: () => {} } } as const;", "h.a.b", "b"),
        ("g({ foo: () => {} });", "foo", "foo"),
        ("bot.on('message', async (ctx) => {});", 'bot.on("message") callback', ""),
        ("setTimeout(() => {}, 1);", "setTimeout callback", ""),
        ("new Promise((r) => r());", "new Promise callback", ""),
        ("g(function named() {});", "named", "named"),
        ("(function () {})();", "immediately called function", ""),
        ("class A { m() {} }", "A.m", "m"),
        ("class A { #p = () => {}; }", "A.#p", "#p"),
        ("class A { constructor() { this.h = () => {}; } }", "A.h", "h"),
        ("const A = class { static m() {} };", "A.m", "m"),
        ("export default () => {};", "default", "default"),
        ("export default class { m() {} }", "default.m", "m"),
        ("X.prototype.m = function () {};", "X.prototype.m", "m"),
        ("exports.f = function () {};", "f", "f"),
        ("module.exports.f = () => {};", "f", "f"),
        ("module.exports = { f() {} };", "f", "f"),
        ("app.render = function () {};", "app.render", "render"),
        ("const handler = coroutine(function* () {});", "coroutine callback", ""),
        ("function f({ read = () => 1 }) {}", "read", "read"),
        ("function make() { return () => 1; }", "anonymous in make", ""),
    ],
)
def test_functions_are_called_what_a_reader_calls_them(source: str, label: str, name: str) -> None:
    facts = Reader(source)
    assert facts.function(label).name == name


def test_qualified_names_nest() -> None:
    facts = Reader("function a() { class B { m() { const c = () => 1; on('x', () => 2); } } }")
    assert [function.qualname for function in facts.facts.functions] == [
        "", "a", "a.B.m", "a.B.m.c", 'a.B.m.on("x") callback',
    ]  # fmt: skip


def test_positions_are_those_of_the_function_not_of_its_decorators() -> None:
    facts = Reader("@X()\nclass A {\n  @Get('x')\n  async m() {\n    go();\n  }\n}\nconst f =\n  () => 1;\n")
    method, arrow = facts.function("A.m"), facts.function("f")
    assert (method.line, method.column, method.end_line) == (4, 9, 6)
    assert (arrow.line, arrow.column) == (9, 3)


def test_await_in_front_of_a_parenthesis_is_no_call() -> None:
    facts = Reader('async function d(r) { await (await import("./x.js")).g(r); }')
    (call,) = facts.calls
    assert call.member == "g"
    assert call.flags & flows.AWAITED
    assert call.receiver == ("import ./x.js#",)
