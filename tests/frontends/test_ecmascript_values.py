"""Values: how functions, classes and objects travel through one file."""

from alef_audit.facts import flows
from alef_audit.facts.file import ClassKind, FunctionFlag, ParameterKind
from tests.frontends.ecmascript_reader import Reader


def exported(source: str, name: str = "x", grammar: str = "typescript") -> set[str]:
    return Reader(source, grammar).exported(name)


def test_choices_join() -> None:
    head = "function a() {}\nfunction b() {}\n"
    both = {"function a", "function b"}
    assert exported(head + "export const x = c ? a : b;") == both
    assert exported(head + "export const x = a ?? b;") == both
    assert exported(head + "export const x = a || b;") == both
    assert exported(head + "export const x = a && b;") == {"function b"}
    assert exported(head + "export const x = (0, b);") == {"function b"}
    assert exported(head + "let y; export const x = (y = a);") == {"function a"}
    assert exported(head + "export let x = a; x ??= b;") == both
    assert exported(head + "const o = { f: a }; o.f ||= b; export const x = o.f;") == both


def test_what_cannot_bear_a_callable_is_not_written() -> None:
    facts = Reader(
        "const a = 1 + 2, b = `t`, c = a < b, d = !a, e = { f: 1, g: 'x' }, h = arguments; h2({ i: a === b });"
    )
    assert {row[0] for row in facts.rows} <= {"ENTER", "GLOBAL", "OBJECT", "COPY"}
    assert len(facts.facts.objects) == 1  # `e`, which fields may be added to; not the argument


def test_destructuring() -> None:
    head = "function f() {}\nfunction d() {}\nconst o = { a: f, b: { c: f }, l: [f] };\n"
    assert exported(head + "export const { a: x } = o;") == {"function f"}
    assert exported(head + "export const { b: { c: x } } = o;") == {"function f"}
    assert exported(head + "export const { z: x = d } = o;") == {"function d"}
    assert exported(head + "export const { l: [x] } = o;") == {"function f"}
    assert exported(head + "const { a, ...r } = o; export const x = r.b.c;") == {"function f"}
    assert exported(head + "let y; ({ a: y } = o); export const x = y;") == {"function f"}
    assert exported(head + "const t = {}; [t.q] = o.l; export const x = t.q;") == {"function f"}
    assert exported(head + "let y; for (const e of o.l) y = e; export const x = y;") == {"function f"}


def test_objects_arrays_and_spreads() -> None:
    head = "const m = { a() {}, ['b']() {}, 'c.d': () => 1, 5: () => 2 };\n"
    assert exported(head + "export const x = { ...m }.b;") == {"function m.b"}
    assert exported(head + "export const x = { m }.m['c.d'];") == {'function m["c.d"]'}
    assert exported(head + "export const x = m[k];") == {
        "function m.a",
        "function m.b",
        'function m["c.d"]',
        'function m["5"]',
    }
    assert exported(head + "export const x = [...[m.a]][0];") == {"function m.a"}
    assert exported(head + "const o = {}; Object.assign(o, m); export const x = o.a;") == {"function m.a"}
    assert exported("const o = { [k]: () => 1 }; export const x = o.any;") == {"function o[k]"}


def test_getters_and_setters() -> None:
    facts = Reader(
        "export const o = { get a() { return f; }, set a(v) {} }; class K { get b() { return 1; } set b(v) {} }"
    )
    assert [function.flags for function in facts.facts.functions[1:]] == [16, 512, 16, 512]
    stores = [facts.facts.names[row[3]] for row in facts.rows if row[0] == "STORE"]
    assert stores == ["a", "set a", "b", "set b"]


def test_define_property() -> None:
    source = (
        "const o = {}; function v() {}\n"
        "Object.defineProperty(o, 'g', { enumerable: true, get: function () { return v; } });\n"
        "Object.defineProperty(o, 'm', { get() { return v; } });\n"
        "Object.defineProperty(o, 'k', { value: v });\nexport const k = o.k;"
    )
    facts = Reader(source)
    assert facts.exported("k") == {"function v"}
    stores = [facts.facts.names[row[3]] for row in facts.rows if row[0] == "STORE"]
    assert [name for name in stores if name.startswith("get ")] == ["get g", "get m"]


def test_parameters() -> None:
    facts = Reader(
        "function f(a, b = g, { c, d: { e } = k }, [h], ...rest) { a(); b(); c(); e(); h(); rest(); }\nf(1);"
    )
    parameters = facts.function("f").parameters
    names = facts.facts.names
    assert [(names[p.name], p.kind) for p in parameters] == [
        ("a", 0), ("b", 0), ("", 0), ("", 0), ("rest", int(ParameterKind.REST)),
    ]  # fmt: skip
    assert facts.call("b").callee == ("global g",)
    assert facts.call("e").callee == ("global k.e",)
    defaults = Reader("function f(a = true, b = 'x', c = 1) {}").function("f").parameters
    assert all(p.literal for p in defaults)


def test_arrow_parameters_and_results() -> None:
    facts = Reader("const f = x => x; const g = async ({ a }) => { return a; }; function* h() { yield k; }")
    assert facts.function("f").flags == FunctionFlag.ANONYMOUS
    assert facts.function("g").flags == FunctionFlag.ANONYMOUS | FunctionFlag.ASYNC
    assert facts.function("h").flags == FunctionFlag.GENERATOR
    assert facts.returned("h") == {"object 0"}


def test_awaitable_is_declared_not_guessed() -> None:
    facts = Reader(
        "function a(): Promise<X> {} async function b(): Promise<X> {} function c(): X {}\n"
        "const d = (): void | Promise<void> => {};"
    )
    flagged = {f.label for f in facts.facts.functions if f.flags & FunctionFlag.AWAITABLE}
    assert flagged == {"a", "d"}


def test_this() -> None:
    facts = Reader(
        "const o = { f() { return () => this; }, g: function () { return this; }, h: () => this };\n"
        "class A { m() { return () => this; } static s() { return this; } #x = 1; }\n"
        "function F() { this.a = k; return this; }"
    )
    assert facts.returned("anonymous in o.f") == {"object 0"}
    assert facts.returned("o.g") == {"object 0"}
    assert facts.returned("o.h") == set()
    assert facts.returned("anonymous in A.m") == {"instance A"}
    assert facts.returned("A.s") == set()  # the class that it is called on
    assert facts.function("A.s").flags & FunctionFlag.CLASSMETHOD
    assert facts.function("F").receiver > 0
    assert facts.function("A.m").receiver == 0


def test_prototype_assignment_is_a_store() -> None:
    facts = Reader("function X() {}\nX.prototype.m = function () {};")
    ops = [(row[0], facts.facts.names[row[3]]) for row in facts.rows if row[0] in ("LOAD", "STORE")]
    assert ops == [("LOAD", "prototype"), ("STORE", "m")]


def test_captured_names_are_aliases_of_the_outer_variable() -> None:
    facts = Reader("function outer() { const f = later; return () => { return f; }; }\nfunction later() {}")
    assert facts.returned("anonymous in outer") == {"function later"}


# --- classes


def test_classes() -> None:
    facts = Reader(
        "class A extends B.C implements I<X>, N.J {\n  static s = f; x = g; #p = g;\n"
        "  constructor(private repo: Repo, plain: P) { super(); }\n  async m() {}\n  abstract q(): void;\n}"
    )
    (found,) = facts.facts.classes
    names = facts.facts.names
    assert [names[member] for member in found.members] == ["s", "constructor", "m"]
    assert [facts.at(base) for base in found.bases] == [{"global B.C"}, {"global I"}, {"global N.J"}]
    assert facts.function("A.constructor").flags == FunctionFlag.CONSTRUCTOR
    assert facts.function("A.constructor").owner == 0
    stored = {names[row[3]] for row in facts.rows if row[0] == "STORE"}
    assert stored == {"s", "x", "#p", "repo", "constructor", "m"}
    assert facts.parameter("A.constructor", 0) == {"instance global Repo"}


def test_overloads_and_abstract_methods_are_no_functions() -> None:
    facts = Reader(
        "function f(a: 1): void; function f(a: any) {}\nabstract class A { abstract m(): void; n(): void; n(a?) {} }"
    )
    assert facts.labels == ["f", "A.n"]


def test_fields_that_do_something_run_in_the_constructor() -> None:
    facts = Reader("class A extends B { data = readFileSync('x'); }\nclass C { d = load(); constructor() { go(); } }")
    calls = [(call.inside, call.text, call.flags) for call in facts.calls]
    assert calls == [
        ("A.constructor", "super", flows.IMPLICIT | flows.DISCARDED),
        ("A.constructor", "readFileSync", 0),
        ("C.constructor", "go", flows.DISCARDED),
        ("C.constructor", "load", 0),
    ]


def test_decorators() -> None:
    facts = Reader("@Controller('x')\nexport class A { @Get('y') m() {} @Plain n() {} }\n@D class B {}")
    applied = [(call.text, call.callee, call.arguments) for call in facts.calls if call.flags & flows.DECORATOR]
    assert applied == [
        ("Get('y')", ("call Get",), (("function A.m",),)),
        ("Plain", ("global Plain",), (("function A.n",),)),
        ("Controller('x')", ("call Controller",), (("call Controller('x')", "class A"),)),
        ("D", ("global D",), (("call D", "class B"),)),
    ]
    assert facts.exported("A") == {"class A", "call Controller('x')"}


# --- declared types


def test_annotations_name_the_class() -> None:
    facts = Reader(
        "class S {}\nclass E {}\n"
        "function f(a: S, b: S | null, c: Promise<Readonly<S>>, d: S[], e: Map<string, S>,\n"
        "  g: ns.T, h: S & E, i: number) {\n"
        "  d[0](); e.get(); }\nfunction r(): Promise<S> {}\nfunction k<T>(t: T, u: typeof f): void {}"
    )
    instance = {"instance S"}
    assert [facts.parameter("f", i) for i in range(3)] == [instance] * 3
    assert facts.call("d[0]").callee == ("instance S",)
    assert facts.parameter("f", 5) == {"instance global ns.T"}
    assert facts.parameter("f", 6) == {"instance S", "instance E"}
    assert facts.parameter("f", 7) == set()
    assert facts.returned("r") == instance
    assert (facts.parameter("k", 0), facts.parameter("k", 1)) == (set(), {"function f"})


def test_destructured_parameters_with_types() -> None:
    head = "class S {}\ninterface Deps { a: S; b?: () => void; }\n"
    named = Reader(head + "function f({ a }: Deps) { a(); }")
    assert named.call("a").callee == ("instance S",)
    inline = Reader(head + "function f({ a, n: [b] }: { a: S; n: S[] }) { a(); b(); }")
    assert (inline.call("a").callee, inline.call("b").callee) == (("instance S",), ("instance S",))


def test_interfaces_and_aliases() -> None:
    facts = Reader(
        "class S {}\ninterface I extends J { s: S; m(): void; [k: string]: S; }\n"
        "type O = { s: S };\ntype A = S | Promise<B>;\n"
        "type D = typeof defaults; const defaults = { go() {} };\nenum E { X = 1 }\n"
        "export let i: I, o: O, a: A, d: D; export const x = i.s, y = o.s, z = d.go;"
    )
    assert [(c.name, c.kind) for c in facts.facts.classes] == [
        ("S", ClassKind.CLASS), ("I", ClassKind.INTERFACE), ("O", ClassKind.INTERFACE),
        ("D", ClassKind.INTERFACE), ("E", ClassKind.ENUM),
    ]  # fmt: skip
    assert (facts.exported("x"), facts.exported("y")) == ({"instance S"}, {"instance S"})
    assert facts.exported("a") == {"instance S", "instance global B"}


def test_import_types() -> None:
    facts = Reader(
        "export let a: import('./x').T[] = 1, b: typeof import('node:fs');\nexport const c = a[0], d = b.read;\n"
        "g<typeof import('./y')>('z'); export type * from 'q'; const p = import('./lazy').then((m) => m.f());"
    )
    assert facts.exported("c") == {"instance import ./x#.T"}
    assert facts.exported("d") == {"import node:fs#.read"}
    assert facts.facts.problems == ()
    assert [(i.specifier, i.dynamic) for i in facts.facts.imports] == [
        ("./x", False), ("node:fs", False), ("q", False), ("./lazy", True),
    ]  # fmt: skip
