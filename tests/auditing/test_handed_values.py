"""Callers that hand over a value which is there: what the function would fetch otherwise does not run on that path.

Every form has a negative twin.
"""

from pathlib import Path

import pytest

from tests.auditing.test_ruled_out import PY, TS, found

DIRECT = "function read(path: string, held?: any) {\n  return held SIGN work(path);\n}\n"
OPTION = "function read(params: { path: string; held?: any }) {\n  return params.held ?? work(params.path);\n}\n"
BRANCH = "function read(path: string, held?: any) {\n  if (!held) held = work(path);\n  return held;\n}\n"
IN_PYTHON = """
def read(path, held=None):
    return held or work(path)

"""
NONE_IN_PYTHON = """
def read(path, held=None):
    return held if held is not None else work(path)

"""
BRANCH_IN_PYTHON = """
def read(path, held=None):
    if held is None:
        held = work(path)
    return held

"""

NULLISH = DIRECT.replace("SIGN", "??")
EITHER = DIRECT.replace("SIGN", "||")

FORMS = {
    "narrowed": (
        TS,
        NULLISH
        + "function answer(request) {\n  const held = find(request);\n  if (!held) return 0;\n"
        + "  return read(request.path, held);\n}\n",
        ("if (!held) return 0;", "if (!request.path) return 0;"),
    ),
    "narrowed option": (
        TS,
        OPTION
        + "function answer(request) {\n  const held = find(request);\n  if (held == null) return 0;\n"
        + "  return read({ path: request.path, held });\n}\n",
        ("held == null", "held == 1"),
    ),
    "narrowed outside of a callback": (
        TS,
        OPTION
        + "function answer(request) {\n  const held = find(request);\n  if (!held) {\n    return [];\n  }\n"
        + "  return request.paths.map((path) => read({ path, held }));\n}\n",
        ("const held", "let held"),
    ),
    "tested outside of a callback": (
        TS,
        EITHER
        + "function answer(request) {\n  const held = find(request);\n  if (held && request.path) {\n"
        + "    return request.paths.map((path) => read(path, held));\n  }\n}\n",
        ("held && request.path", "held || request.path"),
    ),
    "parameter tested outside of a callback": (
        TS,
        OPTION
        + "function answer(request) {\n  if (!request.held) return [];\n"
        + "  return request.paths.map((path) => read({ path, held: request.held }));\n}\n",
        ("(!request.held)", "(!request.path)"),
    ),
    "callback made before the test": (
        TS,
        EITHER
        + "function answer(request) {\n  const held = find(request);\n  if (!held) return [];\n"
        + "  const each = (path) => read(path, held);\n  return request.paths.map(each);\n}\n",
        (
            "  if (!held) return [];\n  const each = (path) => read(path, held);\n",
            "  const each = (path) => read(path, held);\n  if (!held) each(request.path);\n",
        ),
    ),
    "object": (
        TS,
        NULLISH + "function answer(request) {\n  return read(request.path, { ...request.options });\n}\n",
        ("{ ...request.options }", "request.options"),
    ),
    "array": (
        TS,
        EITHER + "function answer(request) {\n  return read(request.path, [request.a, request.b]);\n}\n",
        ("[request.a, request.b]", "request.a"),
    ),
    "template": (
        TS,
        EITHER + "function answer(request) {\n  return read(request.path, `/etc/${request.name}`);\n}\n",
        ("`/etc/${request.name}`", "`${request.name}`"),
    ),
    "template that may be empty": (
        TS,
        NULLISH + "function answer(request) {\n  return read(request.path, `${request.name}`);\n}\n",
        ("`${request.name}`", "request.name"),
    ),
    "function": (
        TS,
        EITHER + "function answer(request) {\n  return read(request.path, () => request.name);\n}\n",
        ("() => request.name", "request.name"),
    ),
    "instance": (
        TS,
        BRANCH + "function answer(request) {\n  return read(request.path, new Map());\n}\n",
        ("new Map()", "request.name"),
    ),
    "constant": (
        TS,
        BRANCH + "function answer(request) {\n  const held = [request.a];\n  return read(request.path, held);\n}\n",
        ("const held = [request.a]", "const held = request.a"),
    ),
    "constant of the module": (
        TS,
        OPTION
        + "const defaults = { a: 1 };\n"
        + "function answer(request) {\n  return read({ path: request.path, held: defaults });\n}\n",
        ("const defaults", "let defaults"),
    ),
    "name that a block declares again": (
        TS,
        BRANCH
        + "function answer(request) {\n  if (request.a) { const held = {}; note(held); }\n"
        + "  const other = find(request);\n  return read(request.path, {});\n}\n",
        (
            "const other = find(request);\n  return read(request.path, {})",
            "const held = find(request);\n  return read(request.path, held)",
        ),
    ),
    "fallback": (
        TS,
        NULLISH + "function answer(request) {\n  return read(request.path, request.held ?? {});\n}\n",
        ("request.held ?? {}", "request.held ?? request.other"),
    ),
    "handed on": (
        TS,
        NULLISH
        + "function load(path: string, held?: any) { return read(path, held); }\n"
        + "function answer(request) {\n  const held = find(request);\n  if (!held) return 0;\n"
        + "  return load(request.path, held);\n}\n",
        ("if (!held) return 0;", ""),
    ),
    "another caller": (
        TS,
        NULLISH
        + "function answer(request) {\n  const held = find(request);\n  if (!held) return 0;\n"
        + "  return read(request.path, held);\n}\n",
        ("return 0;", "return read(request.path);"),
    ),
    "python": (
        PY,
        IN_PYTHON
        + "\ndef answer(request):\n    held = find(request)\n    if not held:\n        return None\n"
        + "    return read(request.path, held)\n",
        ("if not held", "if not request.path"),
    ),
    "python none": (
        PY,
        NONE_IN_PYTHON
        + "\ndef answer(request):\n    held = find(request)\n    if held is None:\n        return None\n"
        + "    return read(request.path, held=held)\n",
        ("if held is None", "if held is False"),
    ),
    "python branch": (
        PY,
        BRANCH_IN_PYTHON + "\ndef answer(request):\n    return read(request.path, {})\n",
        ("{}", "request.held"),
    ),
    "python empty": (
        PY,
        IN_PYTHON + "\ndef answer(request):\n    return read(request.path, [request.a])\n",
        ("[request.a]", "[]"),
    ),
    "python text": (
        PY,
        IN_PYTHON + '\ndef answer(request):\n    return read(request.path, f"/etc/{request.name}")\n',
        ('f"/etc/{request.name}"', 'f"{request.name}"'),
    ),
    "python lambda": (
        PY,
        BRANCH_IN_PYTHON + "\ndef answer(request):\n    return read(request.path, lambda: request.name)\n",
        ("lambda: request.name", "request.name"),
    ),
    "python comprehension": (
        PY,
        BRANCH_IN_PYTHON + "\ndef answer(request):\n    return read(request.path, [each for each in request.all])\n",
        ("[each for each in request.all]", "request.all"),
    ),
    "python constant": (
        PY,
        BRANCH_IN_PYTHON + "\ndef answer(request):\n    held = {}\n    return read(request.path, held)\n",
        ("held = {}\n", "held = {}\n    held = request.held\n"),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_is_there_is_not_fetched_and_its_twin_is(form: str, tmp_path: Path) -> None:
    language, code, (old, new) = FORMS[form]
    twin = code.replace(old, new, 1)
    assert old in code
    assert found(tmp_path, language, code) is None
    assert found(tmp_path, language, twin) is not None
