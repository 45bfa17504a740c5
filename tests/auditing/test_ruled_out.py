"""Paths that are ruled out by constant arguments, or by environment variables that only test runs set.

Every form has a negative twin.
"""

from pathlib import Path

import pytest

from alef_audit.auditing.report import Finding
from alef_audit.pipeline.auditing import audit
from alef_audit.rulepack.load import bundled_rules, load_rulepack
from tests.requests import request_for

AROUND = {str(each.language): each for each in load_rulepack([bundled_rules()]).guards.around}
TS, PY = "typescript", "python"
SUFFIX = {TS: "ts", PY: "py"}


def found(folder: Path, language: str, code: str) -> Finding | None:
    """The finding on the work that `answer` comes to; None if no path leads there."""
    around = AROUND[language]
    (folder / f"main.{SUFFIX[language]}").write_text(around.before + code + around.after, encoding="utf-8")
    report = audit(request_for(folder, include_discharged=True), lambda *_: None)
    return next((each for each in report.findings if each.sink.function == "work"), None)


def body(language: str, test: str, *, exits: bool = False) -> str:
    if language == TS:
        inside = f"if ({test}) return 0;\n  return work();" if exits else f"if ({test}) return work();\n  return 0;"
        return f"function answer(request) {{\n  {inside}\n}}\n"
    inside = f"if {test}:\n        return 0\n    return work()" if exits else f"if {test}:\n        return work()\n"
    return f"\ndef answer(request):\n    {inside}\n"


ONLY_IN_TESTS = [
    (TS, "process.env.VITEST"),
    (TS, "Boolean(process.env.VITEST)"),
    (TS, 'process.env.AGENT_TEST_FAST === "1" && request.path'),
    (TS, 'process.env["NODE_ENV"] === "test"'),
    (TS, 'process.env.VITEST || process.env.NODE_ENV === "test"'),
    (TS, "process.env?.VITEST_POOL_ID !== undefined"),
    (PY, 'os.environ.get("PYTEST_CURRENT_TEST")'),
    (PY, 'os.getenv("AGENT_TEST_FAST") == "1"'),
    (PY, '"PYTEST_CURRENT_TEST" in os.environ'),
    (PY, '"pytest" in sys.modules'),
    (PY, 'os.environ.get("APP_ENV") == "testing"'),
    (TS, "request.isFastTestEnv"),
    (TS, "useFastTestRuntime && request.path"),
    (TS, "shouldUseFastTestReply({ config: request.config })"),
    (PY, "request.is_test_env"),
    (PY, "is_under_pytest()"),
]
IN_PRODUCTION = [
    (TS, "request.isLatestEnv"),
    (TS, "request.isFastest"),
    (TS, "request.fastTests"),
    (PY, "request.is_test"),
    (PY, "request.unit_test"),
    (TS, "!process.env.VITEST"),
    (TS, "process.env.AGENT_FAST"),
    (TS, "process.env.LATEST_MODEL"),
    (TS, "process.env.SPEED_TEST_URL"),
    (TS, 'process.env.NODE_ENV !== "test"'),
    (TS, 'process.env.NODE_ENV === "development"'),
    (TS, "process.env.VITEST || request.path"),
    (TS, 'process.env.AGENT_TEST_FAST !== "1"'),
    (PY, 'not os.environ.get("PYTEST_CURRENT_TEST")'),
    (PY, 'os.environ.get("AGENT_TEST_FAST", "1") == "1"'),
    (PY, 'os.environ.get("AB_TEST_VARIANT") == "b"'),
    (PY, '"pytest" not in sys.modules'),
]


@pytest.mark.parametrize(("language", "test"), ONLY_IN_TESTS)
def test_what_only_a_test_run_enters_is_cut(language: str, test: str, tmp_path: Path) -> None:
    assert found(tmp_path, language, body(language, test)) is None
    kept = found(tmp_path, language, body(language, test, exits=True))
    assert "&&" in test or kept is not None


@pytest.mark.parametrize(("language", "test"), IN_PRODUCTION)
def test_what_production_may_enter_stays(language: str, test: str, tmp_path: Path) -> None:
    finding = found(tmp_path, language, body(language, test))
    assert finding is not None
    assert finding.verdict == "exposed"
    assert finding.conditions == (() if "sys.modules" in test else (test,))


def test_what_a_flag_of_test_runs_keeps_out_says_nothing(tmp_path: Path) -> None:
    finding = found(tmp_path, TS, body(TS, "!request.isFastTestEnv"))
    assert finding is not None
    assert finding.conditions == ()


def test_a_local_may_hold_what_the_environment_says(tmp_path: Path) -> None:
    code = "function answer() {{\n  const inTest = {};\n  if (inTest) return work();\n}}\n"
    assert found(tmp_path, TS, code.format('process.env.VITEST === "true"')) is None
    assert found(tmp_path, TS, code.format('process.env.AGENT === "true"')) is not None


HANDED_ON = {
    "word": (
        TS,
        """
function stop(mode: string = "stop") {
  if (mode === "persist") return 0;
  return work();
}
function run(mode: string = "stop") { return stop(mode); }
function started(mode: string = "stop") { return run(mode); }
function answer(request) { return started("persist"); }
""",
        ('started("persist")', 'started("stop")'),
    ),
    "default": (
        TS,
        """
function stop(mode = "persist") {
  if (mode !== "persist") return work();
}
function run(mode?: string) { return stop(mode); }
function answer(request) { return run(); }
""",
        ("run()", 'run("now")'),
    ),
    "another caller": (
        TS,
        """
function stop(mode?: string) {
  if (mode === "now") return work();
}
function run(mode?: string) { return stop(mode); }
function answer(request) { return run("later"); }
""",
        ('return run("later")', 'run("now"); return run("later")'),
    ),
    "field": (
        TS,
        """
function stop(params: { mode: string }) {
  if (params.mode === "now") return work();
}
function run(params: { mode: string, path: string }) { return stop({ mode: params.mode, other: 1 }); }
function answer(request) { return run({ mode: "later", path: request.path }); }
""",
        ('"later"', "request.mode"),
    ),
    "options": (
        TS,
        """
function read(path: string, options?: { force?: boolean }) {
  const force = options?.force ?? false;
  if (force) return work(path);
}
function load(path: string, options?: { force?: boolean }) { return read(path, options); }
function answer(request) { return load(request.path, { quiet: true }); }
""",
        ("{ quiet: true }", "{ force: true }"),
    ),
    "reassigned": (
        TS,
        """
function stop(mode: string) {
  const wanted = mode;
  if (wanted === "now") return work();
}
function run(mode: string) { return stop(mode); }
function answer(request) { return run("later"); }
""",
        ("const wanted = mode;", "let wanted = mode; wanted = pick(mode);"),
    ),
    "reassigned parameter": (
        TS,
        """
function stop(mode: string) {
  if (mode === "now") return work();
}
function answer(request) { return stop("later"); }
""",
        ("if (mode ===", "mode = pick(mode);\n  if (mode ==="),
    ),
    "reassigned by the one that hands on": (
        TS,
        """
function stop(mode: string) {
  if (mode === "now") return work();
}
function run(mode: string) { return stop(mode); }
function answer(request) { return run("later"); }
""",
        ("return stop(mode)", "mode = pick(mode); return stop(mode)"),
    ),
    "default that is computed": (
        TS,
        """
function stop(force = false) {
  if (force) return work();
}
function answer(request) { return stop(); }
""",
        ("force = false", "force = pick()"),
    ),
    "null": (
        TS,
        """
function stop(options: { path?: string }) {
  return options.path == null ? 0 : work();
}
function answer(request) { return stop({ force: true }); }
""",
        ("options.path == null", "options.path === null"),
    ),
    "local of several tests": (
        TS,
        """
function stop(options: { quiet?: boolean }, found: string[]) {
  const quiet = options.quiet === true;
  const loud = !quiet && (found.includes("a") || found.includes("b"));
  if (loud) return work();
}
function answer(request) { return stop({ quiet: true }, request.found); }
""",
        ("{ quiet: true }", "{ quiet: false }"),
    ),
    "undefined": (
        TS,
        """
function stop(force?: boolean) {
  if (force) return work();
}
function answer(request) { return stop(undefined); }
""",
        ("force?: boolean", "force = true"),
    ),
    "three functions": (
        TS,
        """
function stop(mode: string) { if (mode === "now") return work(); }
function a(mode: string) { return stop(mode); }
function b(mode: string) { return a(mode); }
function answer(request) { return b("later"); }
""",
        ('b("later")', 'b("now")'),
    ),
    "options that are packed anew": (
        TS,
        """
function read(options?: { prompt?: boolean; path?: string }) {
  if (options?.prompt !== false) return work(options?.path);
}
function cached(options?: { prompt?: boolean }) { return read({ prompt: options?.prompt, path: "a" }); }
function sync(store: object, options?: { prompt?: boolean }) { return cached({ ...options }); }
function load(dir: string, options?: { prompt?: boolean }) { return sync({}, options); }
function ensure(dir: string, options?: { prompt?: boolean }) { return load(dir, options); }
function answer(request) { return ensure(request.path, { prompt: false }); }
export const others = [1, 2].map(() => [ensure("a"), ensure("b"), ensure("c"), ensure("d"), ensure("e")]);
""",
        ("{ prompt: false }", "{ prompt: true }"),
    ),
    "spread before": (
        TS,
        """
function read(options: { force?: boolean; path: string }) { if (options.force) return work(options.path); }
function load(options: { path: string }) { return read({ ...options, force: false }); }
function answer(request) { return load({ path: request.path, force: true }); }
""",
        ("{ ...options, force: false }", "{ force: false, ...options }"),
    ),
    "spread that leaves out": (
        TS,
        """
function read(options: { force?: boolean; path: string }) { if (options.force) return work(options.path); }
function load(options: { path: string }) { return read({ ...options, path: "a" }); }
function answer(request) { return load({ quiet: true }); }
""",
        ("{ quiet: true }", "{ quiet: true, ...request.query }"),
    ),
    "spread of several": (
        TS,
        """
function read(options: { force?: boolean; path: string }) { if (options.force) return work(options.path); }
function load(options: { path: string }) { return read({ ...options, ...{}, force: false }); }
function answer(request) { return load({ path: request.path }); }
""",
        (", force: false", ', path: "a"'),
    ),
    "python": (
        PY,
        """
def stop(mode="now"):
    if mode == "now":
        return work()


def run(mode="now", other=None):
    return stop(mode=mode)


def answer(request):
    return run("later")
""",
        ('run("later")', "run()"),
    ),
    "record": (
        PY,
        """
from pydantic import BaseModel


class Form(BaseModel):
    path: str
    collection: str | None = None
    force: bool = False


def process(form: Form):
    if form.collection:
        return work()


def answer(request):
    return process(Form(path=request.url.path))
""",
        ("path=request.url.path)", 'path="", collection="a")'),
    ),
    "record with a method": (
        PY,
        """
from dataclasses import dataclass


@dataclass
class Form:
    path: str
    collection: str | None = None


def process(form):
    if form.collection is not None:
        return work()


def answer(request):
    return process(Form(path=request.url.path))
""",
        ("None = None\n", "None = None\n\n    def __post_init__(self):\n        self.collection = self.path\n"),
    ),
    "record that is changed": (
        PY,
        """
from dataclasses import dataclass


@dataclass
class Form:
    path: str
    force: bool = False


def process(form):
    if form.force:
        return work()


def answer(request):
    return process(Form(path=request.url.path))
""",
        ("    if form.force", "    form.force = bool(form.path)\n    if form.force"),
    ),
    "local that is assigned twice": (
        PY,
        """
def process(collection=None):
    name = collection
    if name:
        return work()


def answer(request):
    return process()
""",
        ("    if name", '    if name is None:\n        name = f"file-{name}"\n    if name'),
    ),
    "keywords that are handed on": (
        PY,
        """
def read(path, prompt=True):
    if prompt:
        return work(path)


def cached(path, **options):
    return read(path, **options)


def load(path, *more, **options):
    return cached(path, quiet=True, **options)


def answer(request):
    return load(request.url.path, prompt=False)
""",
        ("prompt=False", "quick=False"),
    ),
    "keywords that are changed": (
        PY,
        """
def read(path, prompt=True):
    if prompt:
        return work(path)


def load(path, **options):
    return read(path, **options)


def answer(request):
    return load(request.url.path, prompt=False)
""",
        ("    return read(", '    options["prompt"] = bool(path)\n    return read('),
    ),
    "keywords that are looked up": (
        PY,
        """
def read(path, **more):
    if more.get("prompt", True):
        return work(path)


def load(path, **options):
    return read(path, **options)


def answer(request):
    return load(request.url.path, prompt=False)
""",
        ("**options)\n\n\ndef answer", "**dict(options))\n\n\ndef answer"),
    ),
    "keywords with a wrapper's arguments": (
        PY,
        """
def read(path, *, prompt=True):
    if prompt:
        return work(path)


def load(*args, **options):
    return read(*args, **options)


def answer(request):
    return load(request.url.path, prompt=False)
""",
        ("load(request.url.path, prompt=False)", "load(request.url.path, quick=False)"),
    ),
    "text that is made of a default": (
        PY,
        """
def save(image, samples_format="png"):
    if isinstance(image, str):
        return 0
    if samples_format.lower() == "png":
        return 1
    elif samples_format.lower() in ("jpg", "webp"):
        if samples_format.lower() in ("jpg",):
            return 2
        return work()


def answer(request):
    return list(save(each) for each in request.images)
""",
        ("save(each)", 'save(each, samples_format="WEBP")'),
    ),
    "what a text starts with": (
        TS,
        """
function open(place: string) {
  if (place.toLowerCase().startsWith("file:")) return work(place);
}
function answer(request) { return open("HTTP://localhost"); }
""",
        ("HTTP://", "FILE://"),
    ),
    "parameter that is given a constant": (
        PY,
        """
def store(pages, draw):
    if draw:
        return work(pages)


def process(pages, backend, draw):
    draw = False
    if backend == "none":
        return 0
    for page in pages:
        store(page, draw)


def answer(request):
    return process(request.pages, request.backend, request.draw)
""",
        ("    draw = False\n", "    if backend:\n        draw = False\n"),
    ),
    "parameter that is given a constant before the test": (
        TS,
        """
function store(pages: string, draw: boolean) {
  draw = false;
  if (pages && draw) return work(pages);
}
function answer(request) { return store(request.path, request.draw); }
""",
        ("draw = false;", "draw = false; while (pages) { draw = true; }"),
    ),
    "parameter that is given a constant after the test": (
        TS,
        """
function store(pages: string, draw: boolean) {
  draw = false;
  return draw ? work(pages) : 0;
}
function answer(request) { return store(request.path, request.draw); }
""",
        (
            "draw = false;\n  return draw ? work(pages) : 0;",
            "try { return draw ? work(pages) : 0; }\n  finally { draw = false; }",
        ),
    ),
    "or": (
        PY,
        """
def process(mode=None):
    wanted = mode or "later"
    if wanted == "now":
        return work()


def answer(request):
    return process()
""",
        ("process()", 'process("now")'),
    ),
}


@pytest.mark.parametrize("form", HANDED_ON)
def test_a_constant_closes_a_branch_and_its_twin_does_not(form: str, tmp_path: Path) -> None:
    language, code, (old, new) = HANDED_ON[form]
    twin = code.replace(old, new, 1)
    assert old in code
    assert found(tmp_path, language, code) is None
    finding = found(tmp_path, language, twin)
    assert finding is not None
    assert finding.verdict == "exposed"


FULL = "const full = (options.force && !options.files) || stale(); if (full) { return 0; } return work();"
NOT_FULL = "const full = (options.force && stale()) || options.files; if (full) { return 0; } return work();"


@pytest.mark.parametrize(("code", "is_cut"), [(FULL, True), (NOT_FULL, False), (FULL.replace("||", "&&"), False)])
def test_a_local_may_combine_what_is_handed_over(code: str, is_cut: bool, tmp_path: Path) -> None:
    inner = f"function run(options: any) {{ {code} }}\nfunction stale() {{ return Date.now() > 5; }}\n"
    finding = found(tmp_path, TS, inner + "function answer(request: any) { return run({ force: true }); }\n")
    assert (finding is None) == is_cut


@pytest.mark.parametrize(("sign", "is_cut"), [("or", True), ("and", False)])
def test_so_it_may_in_python(sign: str, is_cut: bool, tmp_path: Path) -> None:
    body = f"    full = force {sign} stale()\n    if full:\n        return 0\n    return work()\n"
    code = f"\ndef run(force=False):\n{body}\n\ndef stale():\n    return time.time() > 5\n"
    finding = found(tmp_path, PY, code + "\n\ndef answer(request):\n    return run(force=True)\n")
    assert (finding is None) == is_cut


def test_locals_that_hold_something_else_all_the_time_tell_nothing(tmp_path: Path) -> None:
    """As minifiers write: followed from one to the next, every test would take as long as there are combinations."""
    names = [f"v{n}" for n in range(40)]
    bound = "".join(
        f"  {one} = {first}.a({second}) || {third}.b;\n"
        for turn in range(30)
        for one, first, second, third in zip(names, names[turn:], names[turn + 3 :], names[turn + 7 :], strict=False)
    )
    text = f"let kept;\nfunction answer(request) {{\n  let {', '.join(names)};\n{bound}"
    text += "  if (v1 && v2.x === v3 && !v4) return kept;\n  kept = work(request);\n  return kept;\n}\n"
    assert found(tmp_path, TS, text) is not None


@pytest.mark.parametrize(
    ("field", "test", "is_silent"),
    [
        ("TESTING: bool = False", "settings.TESTING", True),
        ("TESTING: bool = False", "settings.TESTING and request.path", True),
        ("TESTING: bool = True", "settings.TESTING", False),
        ("TESTING: bool = False", "not settings.TESTING", False),
        ("TESTING: bool = False", "request.TESTING_URL", False),
        ("RUN_SPEED_TEST: bool = False", "settings.RUN_SPEED_TEST", False),
        ("DEBUG: bool = False", "settings.DEBUG", False),
    ],
)
def test_settings_that_only_test_runs_turn_on_are_off(field: str, test: str, is_silent: bool, tmp_path: Path) -> None:
    code = f"class Settings:\n    {field}\n\n\nsettings = Settings()\n" + body(PY, test)
    assert (found(tmp_path, PY, code) is None) is is_silent
