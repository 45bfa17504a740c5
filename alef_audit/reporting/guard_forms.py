"""The forms of guards written by hand, as a page: what is recognised, in the smallest example, and what it is worth."""

from typing import Final

from alef_audit.rulepack.guards import GuardForm, HandGuards
from alef_audit.rulepack.kinds import Verdict

_LANGUAGES: Final = {"typescript": "TypeScript and JavaScript", "python": "Python"}
_VERDICTS: Final[tuple[tuple[Verdict, str], ...]] = (
    ("discharged", "Discharged"),
    ("mitigated", "Mitigated"),
    ("exposed", "No guard"),
)


def render_guard_forms(guards: HandGuards) -> str:
    """Markdown: per language a folded list of the forms, those that discharge first."""
    parts = []
    for language, title in _LANGUAGES.items():
        forms = [form for form in guards.form if form.language == language]
        parts.append(f"<details>\n<summary>{title}: {len(forms)} forms</summary>\n")
        for verdict, heading in _VERDICTS:
            parts.append(f"**{heading}**\n")
            parts.extend(_form(form) for form in forms if form.verdict == verdict)
        parts.append("</details>\n")
    return "\n".join(parts)


def _form(form: GuardForm) -> str:
    guard = f" `{form.guard}`" if form.guard else ""
    why = f" ({form.why})" if form.why else ""
    return f"{form.title}:{guard}{why}\n\n```{form.language}\n{form.code.strip()}\n```\n"
