"""What languages and formats let one put into itself without end."""

from typing import Final, NamedTuple


class Nest(NamedTuple):
    """`open` comes as often as wanted, then `middle`, then `close` as often."""

    name: str
    open: bytes
    middle: bytes = b"1"
    close: bytes = b""

    def at(self, depth: int) -> bytes:
        return self.open * depth + self.middle + self.close * depth


_BOTH: Final = (
    Nest("parentheses", b"(", b"f()", b")"),
    Nest("brackets", b"[", b"f()", b"]"),
    Nest("calls", b"f(", b"1", b")"),
    Nest("chained calls", b"f()(g).a[", b"1", b"]"),
    Nest("members", b"a.", b"b()"),
    Nest("subscripts", b"a[", b"0", b"]"),
    Nest("call chain", b"", b"a", b".b(1)"),
    Nest("index chain", b"", b"a", b"[0]"),
    Nest("sum", b"a() + ", b"b()"),
    Nest("comparisons", b"a() < ", b"b()"),
    Nest("powers", b"a ** ", b"b()"),
    Nest("minus", b"- ", b"f()"),
    Nest("tildes", b"~", b"f()"),
    Nest("assignments", b"a = ", b"f()"),
    Nest("arguments", b"f(a, ", b"1", b")"),
    Nest("decorators", b"@a(f())\n", b"class A: pass\n"),
    Nest("strings in brackets", b"[ 'a' , ", b"1", b"]"),
    Nest("statements", b"f()\n", b"g()\n"),
)
ECMASCRIPT: Final = (
    *_BOTH,
    Nest("blocks", b"{", b"f()", b"}"),
    Nest("objects", b"x = {a:", b"f()", b"}"),
    Nest("object literals", b"({a:", b"f()", b"})"),
    Nest("spreads", b"[...", b"f()", b"]"),
    Nest("nots", b"!", b"f()"),
    Nest("awaits", b"await ", b"f()"),
    Nest("typeofs", b"typeof ", b"f()"),
    Nest("news", b"new ", b"A()"),
    Nest("negations", b"!(", b"f()", b")"),
    Nest("ands", b"a() && ", b"b()"),
    Nest("ors", b"a() || ", b"b()"),
    Nest("nullish", b"a() ?? ", b"b()"),
    Nest("commas", b"a(), ", b"b()"),
    Nest("ternaries", b"a ? b() : ", b"c()"),
    Nest("ternaries to the left", b"a ? ", b"c()", b": b()"),
    Nest("optional chain", b"", b"a", b"?.b?.()"),
    Nest("then", b"", b"a()", b".then((x) => f(x))"),
    Nest("non-null", b"", b"a", b"!"),
    Nest("casts", b"", b"a", b" as unknown as A"),
    Nest("angle casts", b"<A>", b"f()"),
    Nest("templates", b"`${", b"f()", b"}`"),
    Nest("tagged templates", b"t`${", b"f()", b"}`"),
    Nest("arrows", b"() => ", b"f()"),
    Nest("arrow blocks", b"() => { return ", b"f()", b"}"),
    Nest("immediately called", b"(() => {", b"f()", b"})();"),
    Nest("callbacks", b"f(() => {", b"g();", b"});"),
    Nest("async callbacks", b"f(async (a) => { await ", b"g();", b"});"),
    Nest("functions", b"function f(a = b()) {", b"g();", b"}"),
    Nest("classes", b"class A { m() {", b"f();", b"}}"),
    Nest("class expressions", b"x = class extends ", b"A {}", b"{}"),
    Nest("heritage", b"class A extends (", b"B", b") {}"),
    Nest("static blocks", b"class A { static {", b"f();", b"}}"),
    Nest("fields", b"class A { x = ", b"f();", b"}"),
    Nest("if", b"if (a) {", b"f();", b"}"),
    Nest("if without braces", b"if (a()) ", b"f();"),
    Nest("else-if", b"if (a()) b(); else ", b"c();"),
    Nest("else-if blocks", b"if (a()) { b(); } else ", b"{ c(); }"),
    Nest("exits", b"if (a()) return b();\n", b"f();"),
    Nest("for", b"for (const a of b()) {", b"f();", b"}"),
    Nest("while", b"while (a()) ", b"f();"),
    Nest("try", b"try {", b"f();", b"} catch (e) {}"),
    Nest("catch", b"try {} catch (e) {", b"f();", b"}"),
    Nest("switch", b"switch (a()) { case 1:", b"f();", b"}"),
    Nest("labels", b"a: ", b"f();"),
    Nest("patterns", b"const {a: ", b"b", b"} = x"),
    Nest("array patterns", b"[a, ", b"b", b"] = x"),
    Nest("patterns in parameters", b"([", b"a", b"]) => 1"),
    Nest("generics", b"let x: A<", b"B", b">"),
    Nest("type arguments", b"f<A<", b"B", b">>()"),
    Nest("array types", b"let x: A", b"", b"[]"),
    Nest("object types", b"let x: {a: ", b"A", b"}"),
    Nest("function types", b"let x: (a: ", b"A", b") => void"),
    Nest("conditional types", b"type A = B extends C ? D : ", b"E"),
    Nest("unions", b"type A = B | ", b"C"),
    Nest("interfaces", b"interface A extends B { a: ", b"C", b"}"),
    Nest("namespaces", b"namespace A {", b"f();", b"}"),
    Nest("elements", b"<a>", b"{f()}", b"</a>"),
    Nest("fragments", b"<>", b"{f()}", b"</>"),
    Nest("attributes", b"<a b={", b"f()", b"} />"),
    Nest("method decorators", b"class A { @a() ", b"m() {}", b"}"),
    Nest("comments", b"/* ", b"a", b" */"),
    Nest("line comments", b"// audit: hot\n", b"f();"),
    Nest("imports", b"import a from 'b';\n", b"f();"),
    Nest("requires", b"require(", b"'a'", b")"),
    Nest("regular expressions", b"/(", b"a", b")/"),
)
PYTHON: Final = (
    *_BOTH,
    Nest("braces", b"{", b"f()", b"}"),
    Nest("dicts", b"{'a': ", b"f()", b"}"),
    Nest("tuples", b"(a, ", b"f()", b")"),
    Nest("stars", b"[*", b"f()", b"]"),
    Nest("nots", b"not ", b"f()"),
    Nest("awaits", b"await ", b"f()"),
    Nest("ands", b"a() and ", b"b()"),
    Nest("ors", b"a() or ", b"b()"),
    Nest("conditionals", b"a() if b() else ", b"c()"),
    Nest("lambdas", b"lambda a=f(): ", b"g()"),
    Nest("comprehensions", b"[a for a in ", b"b()", b"]"),
    Nest("generators", b"f(a for a in ", b"b()", b")"),
    Nest("for clauses", b"[f() ", b"", b" for a in b()]"),
    Nest("f-strings", b'f"{', b"f()", b'}"'),
    Nest("format specs", b'f"{a:{', b"f()", b'}}"'),
    Nest("string concatenation", b"'a' ", b"'b'"),
    Nest("triple quotes", b'"""a""" ', b"f()"),
    Nest("walrus", b"(a := ", b"f()", b")"),
    Nest("slices", b"a[1:", b"f()", b"]"),
    Nest("keywords", b"f(a=", b"1", b")"),
    Nest("dots", b"from .", b" import a\n"),
    Nest("elif", b"if a(): b()\nelif c(): d()\n", b"e()\n"),
    Nest("one if", b"if a(): ", b"f()\n"),
    Nest("exits", b"if a(): return b()\n", b"f()\n"),
    Nest("flat functions", b"def f(a=b()): return g()\n", b"f()\n"),
    Nest("flat classes", b"class A(B, metaclass=C): x = f()\n", b"f()\n"),
    Nest("with items", b"with a() as b, ", b"c():\n pass\n"),
    Nest("excepts", b"try: a()\nexcept b(): c()\n", b"d()\n"),
    Nest("type arguments", b"x: A[", b"B", b"]\n"),
    Nest("string annotations", b"x: 'A[", b"B", b"]'\n"),
    Nest("semicolons", b"f(); ", b"g()\n"),
    Nest("continued lines", b"a + \\\n", b"b()\n"),
    Nest("globals", b"global a\n", b"f()\n"),
    Nest("imports", b"from a import b as c\n", b"f()\n"),
    Nest("match", b"match a:\n case [", b"b", b"]: f()\n"),
    Nest("patterns", b"[a, ", b"b", b"] = f()"),
    Nest("comments", b"# audit: hot\n", b"f()\n"),
)


def indented(head: bytes, depth: int) -> bytes:
    """Python blocks in one another, by one blank each: what grows with the square of `depth`."""
    return b"".join(b" " * level + head + b"\n" for level in range(depth)) + b" " * depth + b"f()\n"


INDENTED: Final = (
    *(b"if a():", b"def f(a=b()):", b"class A(B):", b"async def f():", b"for a in b():", b"while a():", b"try:"),
    *(b"with a() as b:", b"@a\n", b"else:", b"match a:", b"case [a]:"),
)
JSON: Final = (
    Nest("arrays", b"[", b"1", b"]"),
    Nest("objects", b'{"a":', b"1", b"}"),
    Nest("arrays of objects", b'[{"a":', b"1", b"}]"),
    Nest("items", b'{"a":1},', b"1"),
    Nest("conditions", b'{"default":', b'"./a.js"', b"}"),
    Nest("comments", b"/* ", b"a", b" */"),
    Nest("commas", b",", b""),
    Nest("signs", b"-", b"1"),
)
TOML: Final = (
    Nest("arrays", b"a = [", b"1", b"]"),
    Nest("inline arrays", b"[", b"1", b"]"),
    Nest("inline tables", b"{a = ", b"1", b"}"),
    Nest("dotted keys", b"a.", b"a = 1\n"),
    Nest("tables", b"[[a]]\n", b"b = 1\n"),
    Nest("quotes", b'"""', b"a", b'"""'),
    Nest("globs", b"**/", b"a", b"{a,b}"),
    Nest("members", b"Member[a].", b"Member[b]", b".ReturnValue"),
    Nest("groups", b"(", b"a", b")*"),
)
LINES: Final = (
    Nest("lines", b"a\n", b"b"),
    Nest("continuation", b"  a\n", b"b"),
    Nest("blanks", b" ", b"a"),
    Nest("digits", b"9", b"ms"),
    Nest("frames", b"    at a (b.js:1:2)\n", b""),
    Nest("stages", b"auth:1ms@1ms,", b"auth:1ms@2ms"),
    Nest("colours", b"\x1b[31m", b"a", b"\x1b[0m"),
)
