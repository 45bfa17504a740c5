"""Every form of a guard written by hand is worth what the rules say, and the README shows them all."""

from pathlib import Path

import pytest

from alef_audit.pipeline.auditing import audit
from alef_audit.reporting.guard_forms import render_guard_forms
from alef_audit.rulepack.guards import GuardForm
from alef_audit.rulepack.load import bundled_rules, load_rulepack
from tests.requests import request_for

GUARDS = load_rulepack([bundled_rules()]).guards
SUFFIX = {"typescript": "ts", "python": "py"}


def program(form: GuardForm) -> str:
    (around,) = (each for each in GUARDS.around if each.language == form.language)
    return around.before + form.code + around.after


@pytest.mark.parametrize("form", GUARDS.form, ids=lambda form: f"{form.language}-{form.id}")
def test_a_form_is_worth_what_the_rules_say(form: GuardForm, tmp_path: Path) -> None:
    (tmp_path / f"main.{SUFFIX[form.language]}").write_text(program(form), encoding="utf-8")
    report = audit(request_for(tmp_path, patterns=("035",), include_discharged=True), lambda *_: None)
    (finding,) = (each for each in report.findings if each.sink.function == "work")
    guards = [guard for frame in finding.trace for guard in frame.guards]
    assert (finding.verdict, guards) == (form.verdict, [form.guard] if form.guard else [])


def test_ids_are_unique_and_forms_that_do_not_discharge_say_why() -> None:
    ids = [(form.language, form.id) for form in GUARDS.form]
    assert len(ids) == len(set(ids))
    assert all(form.why for form in GUARDS.form if form.verdict != "discharged")


def test_the_readme_shows_the_forms_as_the_rules_have_them() -> None:
    readme = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")
    _, _, behind = readme.partition("<!-- forms: rules/guards.toml -->\n\n")
    shown, mark, _ = behind.partition("\n<!-- end of forms -->")
    assert mark
    assert shown == render_guard_forms(GUARDS), "write render_guard_forms(…) between the marks of the README"
