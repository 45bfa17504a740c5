"""Constants that reach a branch through closures and locals: what a nested function takes from the one around it.

Every form has a negative twin.
"""

from pathlib import Path

import pytest

from tests.auditing.test_ruled_out import PY, TS, found

READ = """
function read(options?: { prompt?: boolean; path?: string }) {
  if (process.platform === "darwin" && options?.prompt !== false) return work(options?.path);
  return 0;
}
"""
CACHED = """
function cached<T>(options: { ttl: number; read: () => T }): T {
  const { ttl, read } = options;
  if (ttl <= 0) return read();
  return read();
}
"""
ANSWER = "function answer(request) { return load({ prompt: false, ttl: 5 }); }\n"
LAZY = "function load(options?: any) {\n  return cached({ ttl: options?.ttl ?? 0, read: () => BODY });\n}\n"
HANDED = LAZY.replace("BODY", "read({ prompt: options?.prompt, path: options?.path })")
IN_PYTHON = """
def read(path, prompt=True):
    if prompt:
        return work(path)


def cached(key, run):
    if not key:
        return None
    return run()

"""
ANSWER_IN_PYTHON = "\n\ndef answer(request):\n    return load(request.url.path, prompt=False)\n"

FORMS = {
    "handed to a wrapper": (TS, READ + CACHED + HANDED + ANSWER, ("prompt: false", "prompt: true")),
    "not handed on": (
        TS,
        READ + CACHED + HANDED + ANSWER,
        ("prompt: options?.prompt, ", ""),
    ),
    "tested in the closure": (
        TS,
        CACHED + LAZY.replace("BODY", "options?.prompt === false ? 0 : work()") + ANSWER,
        ("prompt: false", "prompt: null"),
    ),
    "called in place": (
        TS,
        READ + "function load(options?: any) {\n  const inner = () => read({ prompt: options?.prompt });\n"
        "  return inner();\n}\n" + ANSWER,
        ("prompt: false", "path: false"),
    ),
    "two closures deep": (
        TS,
        READ
        + CACHED
        + LAZY.replace("BODY", "cached({ ttl: 1, read: () => read({ prompt: options?.prompt }) })")
        + ANSWER,
        ("prompt: false", "path: false"),
    ),
    "assigned in the function around": (
        TS,
        READ + CACHED + HANDED + ANSWER,
        ("  return cached", "  if (!options.ttl) options = {};\n  return cached"),
    ),
    "another thing of that name": (
        TS,
        READ
        + CACHED
        + LAZY.replace("BODY", "{ const given = { prompt: true }; return read({ prompt: options?.prompt }); }")
        + ANSWER,
        ("const given", "const options"),
    ),
    "another parameter of that name": (
        TS,
        CACHED.replace("read()", "read({})")
        + LAZY.replace("() => BODY", "(given) => (options.prompt !== false ? work() : 0)")
        + ANSWER,
        ("(given)", "(options)"),
    ),
    "another parameter in a pattern": (
        TS,
        CACHED.replace("read()", "read({})")
        + LAZY.replace("() => BODY", "({ given }) => (options.prompt !== false ? work() : 0)")
        + ANSWER,
        ("{ given }", "{ options }"),
    ),
    "local in between": (
        TS,
        READ
        + "function load(options?: any) {\n  const prompt = options?.prompt;\n  return read({ prompt });\n}\n"
        + ANSWER,
        ("const prompt = options?.prompt", "const prompt = options?.path"),
    ),
    "local with a default in between": (
        TS,
        READ
        + "function load(options?: any) {\n  const prompt = options?.prompt ?? true;\n  return read({ prompt });\n}\n"
        + ANSWER,
        ("prompt: false", "path: false"),
    ),
    "local that closures take": (
        TS,
        READ
        + CACHED
        + LAZY.replace("  return", "  const prompt = options?.prompt ?? true;\n  return").replace(
            "BODY", "read({ prompt })"
        )
        + ANSWER,
        ("prompt: false", "path: false"),
    ),
    "lambda": (
        PY,
        IN_PYTHON
        + "def load(path, prompt=True):\n    return cached(path, lambda: read(path, prompt=prompt))\n"
        + ANSWER_IN_PYTHON,
        ("prompt=False", "prompt=True"),
    ),
    "nested function": (
        PY,
        IN_PYTHON
        + "def load(path, prompt=True):\n    def run():\n        if prompt:\n            return work(path)\n\n"
        "    return cached(path, run)\n" + ANSWER_IN_PYTHON,
        ("    def run():\n", "    def run():\n        prompt = bool(path)\n"),
    ),
    "comprehension": (
        PY,
        IN_PYTHON
        + "def load(path, prompt=True):\n    def run():\n        return [work(path) for each in path if prompt]\n\n"
        "    return cached(path, run)\n" + ANSWER_IN_PYTHON,
        ("for each in", "for prompt in"),
    ),
    "local of a Python function": (
        PY,
        IN_PYTHON + "def load(path, prompt=True):\n    asks = prompt\n    return read(path, asks)\n" + ANSWER_IN_PYTHON,
        ("    return read", "    asks = path or asks\n    return read"),
    ),
    "nonlocal": (
        PY,
        IN_PYTHON + "def load(path, prompt=True):\n    def run():\n        return read(path, prompt)\n\n"
        "    return cached(path, run)\n" + ANSWER_IN_PYTHON,
        (
            "    return cached",
            "    def turn():\n        nonlocal prompt\n        prompt = True\n\n    turn()\n    return cached",
        ),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_constant_closes_a_branch_and_its_twin_does_not(form: str, tmp_path: Path) -> None:
    language, code, (old, new) = FORMS[form]
    assert old in code
    assert found(tmp_path, language, code) is None
    finding = found(tmp_path, language, code.replace(old, new))
    assert finding is not None
    assert finding.verdict == "exposed"


def test_who_runs_the_closure_later_decides_nothing(tmp_path: Path) -> None:
    made = "function load(options?: any) {\n  return () => read({ prompt: options?.prompt });\n}\n"
    code = READ + made + "const kept: any = [];\nfunction answer(request) {\n  kept.push(load({ prompt: false }));\n"
    assert found(tmp_path, TS, code + "  kept.push(load({ prompt: true }));\n  return kept.map((run) => run());\n}\n")
