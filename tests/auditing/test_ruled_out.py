"""Paths that their own tests rule out: by environment variables of test runs. Every form has a negative twin."""

from pathlib import Path

import pytest

from alef_audit.auditing.report import Finding
from alef_audit.pipeline import audit
from alef_audit.rulepack.load import bundled_rules, load_rulepack
from tests.requests import request_for

AROUND = {each.language: each for each in load_rulepack([bundled_rules()]).guards.around}
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
]
IN_PRODUCTION = [
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


def test_a_local_may_hold_what_the_environment_says(tmp_path: Path) -> None:
    code = "function answer() {{\n  const inTest = {};\n  if (inTest) return work();\n}}\n"
    assert found(tmp_path, TS, code.format('process.env.VITEST === "true"')) is None
    assert found(tmp_path, TS, code.format('process.env.AGENT === "true"')) is not None
