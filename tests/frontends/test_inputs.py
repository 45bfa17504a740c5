"""What single functions work with, read on demand."""

from alef_audit.facts.inputs import RECEIVER, Asked, FunctionInputs, Origin, Origins
from alef_audit.frontends.inputs import read_inputs

SWEEP = b"""\
const ROOT = "/x";
export async function sweep(params: { agentDir?: string; providers: string[] }, extra = 1) {
  const { agentDir } = params;
  const dir = join(agentDir ?? ROOT, "a");
  let at = 0;
  for (const p of params.providers) {
    check(p, dir, extra);
    at += 1;
    check(at);
    items
      .map((x) => load(dir, x, p));
  }
  check(Date.now(), ROOT);
}
"""
SERVICE = b"""\
class Service:
    async def run(self, session_id, *, host=None):
        base = join(self.root, host)
        found = []
        for name in self.names:
            check(name, key=base)
            found.append(session_id)
        check(found)
        return [check(one) for one in found]
"""


def asked(data: bytes, grammar: str, line: int, column: int, *calls: tuple[int, int]) -> FunctionInputs:
    (found,) = read_inputs(data, grammar, [Asked(line, column, frozenset(calls))])
    assert found is not None
    assert {(call.line, call.column) for call in found.calls} == set(calls)
    return found


def kinds(origins: Origins) -> set[tuple[str, int]]:
    return {(origin.kind, origin.number) for origin in origins if origin.kind != "name"}


def test_parameters_loops_and_locals_of_typescript() -> None:
    found = asked(SWEEP, "typescript", 2, 8, (7, 5), (9, 5), (13, 3))
    first, second, third = found.calls
    assert [kinds(argument.origins) for argument in first.arguments] == [
        {("parameter", 0), ("loop", 6)},
        {("parameter", 0)},
        {("parameter", 1)},
    ]
    assert kinds(second.arguments[0].origins) == {("loop", 6)}
    assert [kinds(argument.origins) for argument in third.arguments] == [set(), set()]
    assert Origin("name", 0, "now") in third.arguments[0].origins
    assert found.fields == ("agentDir", "providers")
    assert {"agentDir", "ROOT"} <= found.words


def test_what_a_callback_captures() -> None:
    outer, inner = read_inputs(
        SWEEP, "typescript", [Asked(2, 8, frozenset(((11, 5),))), Asked(11, 12, frozenset(((11, 19),)))]
    )
    assert outer is not None
    assert inner is not None
    (call,) = inner.calls
    assert [sorted(argument.origins) for argument in call.arguments] == [
        [Origin("captured", 0, "dir")],
        [Origin("parameter", 0)],
        [Origin("captured", 0, "p")],
    ]
    variables = dict(outer.variables)
    assert kinds(variables["dir"]) == {("parameter", 0)}
    assert kinds(variables["p"]) == {("parameter", 0), ("loop", 6)}
    assert [(one.line, one.column) for one in outer.calls] == [(11, 5)]  # the chain starts a line above its name


def test_parameters_loops_and_locals_of_python() -> None:
    found = asked(SERVICE, "python", 2, 5, (6, 13), (8, 9), (9, 17))
    first, second, third = found.calls
    assert [(argument.label, kinds(argument.origins)) for argument in first.arguments] == [
        ("", {("parameter", RECEIVER), ("loop", 5)}),
        ("key", {("parameter", RECEIVER), ("parameter", 1)}),
    ]
    assert kinds(second.arguments[0].origins) == {("parameter", 0)}
    assert kinds(third.arguments[0].origins) == {("parameter", 0), ("loop", 9)}
    assert found.fields == ("root", "names")


def test_what_is_assigned_to_a_part_declares_nothing() -> None:
    data = b"function f(a) { run(() => { const c = a.x; a[c] = 1; g(c); }); }\n"
    _, inner = read_inputs(data, "javascript", [Asked(1, 1, frozenset()), Asked(1, 21, frozenset(((1, 54),)))])
    assert inner is not None
    assert Origin("captured", 0, "a") in inner.calls[0].arguments[0].origins


def test_a_default_counts_where_the_caller_leaves_it_out() -> None:
    found = asked(b"function f(a, b = Date.now()) { g(b); }\n", "javascript", 1, 1, (1, 33))
    assert Origin("name", 0, "now") in found.calls[0].arguments[0].origins


def test_functions_that_are_not_there_and_files_that_do_not_parse() -> None:
    assert read_inputs(b"x = 1\n", "python", [Asked(1, 1, frozenset())]) == (None,)
    assert read_inputs(b"", "typescript", [Asked(7, 3, frozenset())]) == (None,)
    (found,) = read_inputs(b"function f(a { g(a) }\n", "javascript", [Asked(1, 1, frozenset(((1, 15),)))])
    assert found is None or found.calls is not None


def test_functions_that_lie_deeper_than_anybody_writes_them_are_not_read() -> None:
    data = b"function f() {" * 100 + b"g();" + b"}" * 100
    places = [Asked(1, 1 + len(b"function f() {") * depth, frozenset()) for depth in (0, 30, 60)]
    outer, inner, deepest = read_inputs(data, "javascript", places)
    assert outer is not None
    assert inner is not None
    assert deepest is None


def test_a_file_in_which_all_lies_in_one_another_is_not_read() -> None:
    data = b"function f() {" + b"a = " * 20_000 + b"g(); }"
    assert read_inputs(data, "javascript", [Asked(1, 1, frozenset())]) == (None,)
    shorter = b"function f() {" + b"a = " * 1_000 + b"g(); }"
    assert read_inputs(shorter, "javascript", [Asked(1, 1, frozenset())]) != (None,)


def test_the_loops_around_what_changes() -> None:
    data = b"function f(n) {\n  while (n) {\n    for (const a of n) { n = g(a); }\n  }\n  h(n);\n}\n"
    found = asked(data, "javascript", 1, 1, (5, 3))
    assert {("parameter", 0), ("loop", 2), ("loop", 3)} <= kinds(found.calls[0].arguments[0].origins)
