"""Imports, exports, CommonJS, namespaces, comments."""

import pytest

from tests.frontends.ecmascript_reader import Reader


def imports(source: str, grammar: str = "typescript") -> list[tuple[str, str, bool]]:
    return [(i.specifier, i.name, i.type_only) for i in Reader(source, grammar).facts.imports]


def test_imports() -> None:
    assert imports(
        "import d, { a as b, type T } from 'm'; import * as ns from 'n'; import 's'; import type { U } from 't';"
    ) == [
        ("m", "default", False),
        ("m", "a", False),
        ("m", "T", True),
        ("n", "", False),
        ("s", "", False),
        ("t", "U", True),
    ]
    assert imports("import x = require('y');") == [("y", "", False)]
    assert Reader("import { a as b } from 'm'; b();").call("b").callee == ("import m#a",)


def test_exports() -> None:
    facts = Reader(
        "export const a = () => 1, { b, c: [d] } = o; export function f() {} export class K {} export enum E {}\n"
        "export default f; export { f as g, K as 'long name' }; export { q as r } from 'm';\n"
        "export * from 's'; export * as n from 't';"
    )
    assert [export.name for export in facts.facts.exports] == [
        "a", "b", "d", "f", "K", "E", "default", "g", "long name", "r", "n",
    ]  # fmt: skip
    assert facts.exported("default") == facts.exported("g") == {"function f"}
    assert (facts.exported("r"), facts.exported("n")) == ({"import m#q"}, {"import t#"})
    assert [facts.facts.imports[star].specifier for star in facts.facts.stars] == ["s"]


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("export default async function () {}", "function default"),
        ("export default function named() {}", "function named"),
        ("export default class {}", "class default"),
        ("export default class Named {}", "class Named"),
        ("export default { a: 1 };", "object 0"),
        ("const x = () => 1; export default x;", "function x"),
    ],
)
@pytest.mark.parametrize("grammar", ["typescript", "tsx", "javascript"])
def test_default_exports(source: str, value: str, grammar: str) -> None:
    assert Reader(source, grammar).exported("default") >= ({value} if value != "object 0" else set())


def _module_stores(facts: Reader) -> dict[str, set[str]]:
    slot = facts.facts.module_slot
    return {facts.facts.names[row[3]]: facts.at(row[2]) for row in facts.rows if row[0] == "STORE" and row[1] == slot}


def test_commonjs() -> None:
    facts = Reader(
        "exports = module.exports = create; function create() {}\n"
        "exports.f = function () {}; module.exports.g = () => 1;\n"
        "Object.defineProperty(exports, 'h', { enumerable: true, get: function () { return k; } });",
        "javascript",
    )
    assert _module_stores(facts) == {
        "module.exports": {"function create"},
        "f": {"function f"},
        "g": {"function g"},
        "get h": {"function get"},
    }


def test_exports_that_are_declared_are_ordinary_names() -> None:
    facts = Reader("function f(exports, module) { exports.a = g; module.exports = g; }", "javascript")
    assert facts.facts.module_slot == 0


def test_export_assignment() -> None:
    assert _module_stores(Reader("function f() {} export = f;")) == {"module.exports": {"function f"}}


def test_bundler_spellings() -> None:
    facts = Reader(
        "function a() {}\nvar o = {};\n__export(o, { a: () => a, b: () => a });\nexport { o as t, a as in };\n"
        "import { do as go, x as if$ } from './chunk.js';\nvar w = __toESM(require('m'));\n"
        "export const x = o.a, y = w.default;",
        "javascript",
    )
    assert facts.exported("x") == {"function a"}
    assert facts.exported("in") == {"function a"}
    assert "import m#" in facts.exported("y")
    assert ("./chunk.js", "do") in {(i.specifier, i.name) for i in facts.facts.imports}
    assert facts.facts.problems == ()


def test_namespaces() -> None:
    facts = Reader(
        "namespace N.M { export function f() {} export const g = f; function hidden() {} }\n"
        "export const x = N.M.f, y = N.M.g;"
    )
    assert facts.exported("x") == facts.exported("y") == {"function f"}
    assert [export.name for export in facts.facts.exports] == ["x", "y"]


def test_ambient_modules_declare_nothing_here() -> None:
    assert Reader("declare module 'x' { export const y: number; }").facts.exports == ()


def test_jsx_is_walked_for_functions_and_calls() -> None:
    facts = Reader("const c = <A.B on={() => go()} {...p}>{xs.map((x) => <i k={f(x)} />)}</A.B>;", "tsx")
    assert sorted(call.text for call in facts.calls) == ["f", "go", "xs.map"]


def test_syntax_errors_are_problems_and_the_rest_is_read() -> None:
    facts = Reader("const = ;\n" * 40 + "function f() { g(); }")
    assert 0 < len(facts.facts.problems) <= 20
    assert {problem.kind for problem in facts.facts.problems} == {"parse-error"}
    assert [call.text for call in facts.calls] == ["g"]
