"""Branches that no path enters: tests of constants of other files, of keywords that are not handed over, of what a
function hands on to itself.  Every form has a negative twin.
"""

from pathlib import Path

import pytest

from tests.auditing.test_ruled_out import PY, SUFFIX, TS, found

KINDS = {
    TS: """
export enum Kind { A = "a", B = "b" }
export const enum Step { First, Second, Tenth = 10, Next }
export const Mode = { Fast: "fast", Slow: "slow" } as const;
export const Loose = { Fast: "fast", Slow: "slow" };
export const LIMIT = "low";
""",
    PY: """
import enum
from enum import StrEnum


class Kind(enum.Enum):
    A = "a"
    B = "b"


class Store(str, enum.Enum):
    REDIS = "redis"
    S3 = "s3"


class Loud(StrEnum):
    A = "a"

    def __eq__(self, other):
        return True


LIMIT = "low"
SHIFTING = "low"


def shift(value):
    global SHIFTING
    SHIFTING = value
""",
}
AGAIN = {TS: 'export * from "./kinds";\n', PY: "from kinds import *\nfrom kinds import Store\n"}
IMPORTED = {
    TS: 'import { Kind, LIMIT, Loose, Mode, Step } from "./again";\n',
    PY: "from again import LIMIT, SHIFTING, Kind, Loud, Store\n",
}

# what is handed over, the test before the work, and what is handed over so that it runs
COMPARED = [
    (TS, '"b"', "given === Kind.A", '"a"'),
    (TS, "Kind.B", "given === Kind.A", "Kind.A"),
    (TS, "Kind.B", "Kind.A === given", "Kind.A"),
    (TS, "Kind.B", 'given !== "b"', "Kind.A"),
    (TS, "Step.Second", "given === Step.First", "Step.First"),
    (TS, "Step.Next", "given !== Step.Next", "Step.Tenth"),
    (TS, "Mode.Fast", "given === Mode.Slow", "Mode.Slow"),
    (TS, '"high"', "given === LIMIT", "LIMIT"),
    (PY, '"b"', "given == Kind.A.value", '"a"'),
    (PY, "Kind.B", "given == Kind.A", "Kind.A"),
    (PY, "Kind.B", "given is Kind.A", "Kind.A"),
    (PY, '"a"', "given == Kind.A", "Kind.A"),
    (PY, "Kind.B.value", 'given == "a"', "Kind.A.value"),
    (PY, "Store.S3", 'given == "redis"', "Store.REDIS"),
    (PY, '"s3"', "given == Store.REDIS", '"redis"'),
    (PY, '"x"', 'given in (Store.REDIS, "s3")', '"s3"'),
    (PY, "Store.S3", "given not in [Store.REDIS, Store.S3]", '"x"'),
    (PY, '"high"', "given == LIMIT", "LIMIT"),
]
# … where it may run with the former, too
OPEN = [
    (TS, '"fast"', "given === Loose.Slow"),
    (TS, '"b"', "given === request.Kind.A"),
    (PY, '"b"', "given == Loud.A"),
    (PY, '"x"', "given == SHIFTING"),
    (PY, '"x"', "given in (LIMIT, other)"),
    (PY, '"x"', 'given in ("xyz")'),
]


def program(folder: Path, language: str, value: str, test: str) -> str:
    suffix = SUFFIX[language]
    (folder / f"kinds.{suffix}").write_text(KINDS[language], encoding="utf-8")
    (folder / f"again.{suffix}").write_text(AGAIN[language], encoding="utf-8")
    if language == TS:
        inner = f"function run(given: any, request: any) {{\n  if ({test}) return work();\n}}\n"
        return f"{IMPORTED[TS]}{inner}function answer(request: any) {{ return run({value}, request); }}\n"
    inner = f"\n\ndef run(given):\n    if {test}:\n        return work()\n"
    return f"{IMPORTED[PY]}{inner}\n\ndef answer(request):\n    return run({value})\n"


@pytest.mark.parametrize(("language", "value", "test", "other"), COMPARED)
def test_a_constant_is_what_it_stands_for(language: str, value: str, test: str, other: str, tmp_path: Path) -> None:
    assert found(tmp_path, language, program(tmp_path, language, value, test)) is None
    assert found(tmp_path, language, program(tmp_path, language, other, test)) is not None


@pytest.mark.parametrize(("language", "value", "test"), OPEN)
def test_what_may_change_or_mean_something_else_tells_nothing(
    language: str, value: str, test: str, tmp_path: Path
) -> None:
    assert found(tmp_path, language, program(tmp_path, language, value, test)) is not None


@pytest.mark.parametrize("name", ["Kind", "Other"])
def test_a_parameter_of_the_same_name_is_no_constant(name: str, tmp_path: Path) -> None:
    code = program(tmp_path, TS, "", 'given === "b"').partition("function answer")[0]
    code += f"function pass({name}: any) {{ return run(Kind.A, {name}); }}\n"
    code += "function answer(request: any) { return pass(request); }\n"
    assert (found(tmp_path, TS, code) is None) == (name == "Other")


@pytest.mark.parametrize(
    ("language", "parameter"), [(TS, "given: Kind = Kind.B"), (PY, "given=Kind.B"), (PY, 'given="b"')]
)
def test_a_default_may_be_a_constant(language: str, parameter: str, tmp_path: Path) -> None:
    code = program(tmp_path, language, "", "given == Kind.A")
    code = code.replace("run(given: any, request: any)", f"run({parameter})").replace("run(given)", f"run({parameter})")
    code = code.replace("run(, request)", "run()")
    assert found(tmp_path, language, code) is None
    assert found(tmp_path, language, code.replace("return run()", "return run(Kind.A)")) is not None


# the body of `run(**kwargs)`, and of one that may come to the work
KEYWORDS = [
    ('if kwargs.get("a"):', 'if kwargs.get("here"):'),
    ('if not kwargs.get("a", True):', 'if not kwargs.get("a", False):'),
    ('if "a" in kwargs:', 'if "here" in kwargs:'),
    ('if kwargs.get("here") == 2:', 'if kwargs.get("here") == 1:'),
    ('if kwargs.pop("mode", "x") == "y":', 'if kwargs.pop("mode", "y") == "y":'),
    ('a = kwargs.get("a")\n    if a is not None:', 'a = kwargs.get("a")\n    if a is None:'),
    ('kwargs.pop("b", None)\n    if kwargs.get("a"):', 'kwargs.update(more)\n    if kwargs.get("a"):'),
    ('kwargs["b"] = 1\n    if kwargs.get("a"):', 'kwargs["a"] = 1\n    if kwargs.get("a"):'),
    ('print(kwargs)\n    if kwargs.get("a"):', 'fill(kwargs)\n    if kwargs.get("a"):'),
    ('if kwargs.get("a"):', 'both = kwargs\n    both["a"] = 1\n    if kwargs.get("a"):'),
    ('if kwargs.get("a"):', 'for name in more:\n        kwargs[name] = 1\n    if kwargs.get("a"):'),
    (
        'a = kwargs.get("a")\n    if a is not None:\n        kwargs["a"] = a + 1\n    if kwargs.get("a"):',
        'a = kwargs.get("b")\n    if a is None:\n        kwargs["a"] = 1\n    if kwargs.get("a"):',
    ),
    ('if kwargs.get("other"):', 'if kwargs.get("named") is None:'),
]


@pytest.mark.parametrize(("body", "twin"), KEYWORDS)
def test_a_keyword_that_is_not_handed_over_is_missing(body: str, twin: str, tmp_path: Path) -> None:
    head = "\n\ndef run(named=None, **kwargs):\n    "
    tail = "\n        return work()\n\n\ndef answer(request):\n    return run(here=1, named=2)\n"
    assert found(tmp_path, PY, head + body + tail) is None
    assert found(tmp_path, PY, head + twin + tail) is not None


def test_what_is_spread_may_hold_any_keyword(tmp_path: Path) -> None:
    code = '\n\ndef run(**kwargs):\n    if kwargs.get("a"):\n        return work()\n'
    code += "\n\ndef answer(request):\n    return run(b=1{})\n"
    assert found(tmp_path, PY, code.format("")) is None
    assert found(tmp_path, PY, code.format(", **request.query")) is not None


TESTED = """

def run(type=None, **more):
    if type == Store.S3:
        return work()


def answer(request):
    settings = request.query.copy()
    if settings.get("type") != "redis":
        return 0
    return run(**settings)
"""


@pytest.mark.parametrize(
    ("old", "new", "is_cut"),
    [
        ("return run(", "print(settings)\n    return run(", True),
        ('!= "redis"', "!= Store.REDIS", True),
        ('    if settings.get("type") != "redis"', '    fill(settings)\n    if settings["type"] != "redis"', True),
        ('!= "redis"', '== "redis"', False),
        ('get("type")', 'get("kind")', False),
        ('get("type")', 'get("type", "redis")', False),
        ("    return run(", '    settings["type"] = "s3"\n    return run(', False),
        ("    return run(", "    settings.update(request.more)\n    return run(", False),
        ("    return run(", "    fill(settings)\n    return run(", False),
        ("    return run(", "    settings = request.more\n    return run(", False),
    ],
)
def test_what_is_spread_holds_what_a_test_tells(old: str, new: str, is_cut: bool, tmp_path: Path) -> None:
    program(tmp_path, PY, "", "")
    code = IMPORTED[PY] + TESTED.replace(old, new, 1)
    assert old in TESTED
    assert (found(tmp_path, PY, code) is None) == is_cut


AGAIN_AND_AGAIN = """
function run(path: string, deep = false, {more}): any {{
  if (deep) return work(path);
  return path ? run(path.slice(1), {handed}) : 0;
}}
function answer(request: any) {{ return run(request.path); }}
"""


@pytest.mark.parametrize(
    ("more", "handed", "is_cut"),
    [
        ("other = true", "deep, other", True),
        ("other = true", "other, deep", False),
        ("other = false", "other, deep", True),
        ("other = true", "!deep", False),
    ],
)
def test_a_function_may_hand_on_to_itself(more: str, handed: str, is_cut: bool, tmp_path: Path) -> None:
    finding = found(tmp_path, TS, AGAIN_AND_AGAIN.format(more=more, handed=handed))
    assert (finding is None) == is_cut
