"""`audit explain 035 --format=markdown`: a pattern in words, for an issue or a wiki."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from alef_audit.reporting.escape import clean_block, encodable
from alef_audit.reporting.markup import code, sentence
from alef_audit.reporting.pattern_words import condition, guards, occasion
from alef_audit.rulepack.kinds import Kinds
from alef_audit.rulepack.pattern import Archetype, Example, Pattern

_RUN: Final = re.compile("`{3,}")


def render_explanation_markdown(pattern: Pattern, kinds: Kinds) -> str:
    """The same sections as in a terminal, in the same order."""
    return "\n".join(_lines(pattern, kinds)) + "\n"


def _lines(pattern: Pattern, kinds: Kinds) -> Iterator[str]:
    yield f"# {code(pattern.id)} {code(pattern.slug)}"
    yield f"\n{sentence(pattern.title)}"
    yield (
        f"\n{pattern.stage} × {pattern.pathology} · severity {pattern.severity} of 10 · confidence {pattern.confidence}"
    )
    yield from _section("What it is", [sentence(pattern.description)])
    yield from _section("How it shows", [*_signature(pattern)])
    yield from _section("What is reported", _rows([(kind, kinds.sink[kind].meaning) for kind in pattern.sinks]))
    levels = [(row.level, condition(row)) for row in pattern.levels]
    yield from _section("At which level (the first row that fits decides)", _rows(levels))
    for rule in pattern.rules:
        table = [(row.level, condition(row)) for row in rule.levels]
        yield from _section(f"Rule {code(rule.id)}", [sentence(rule.summary), "", *_rows(table)])
    yield from _section("What guards on the path are worth", _rows(guards(pattern, kinds)))
    yield from _section("What heals it", [line for a in pattern.archetypes for line in _archetype(a)])
    yield from _section("What it does not see", _bullets(pattern.limitations))
    yield from _section("Examples", [line for example in pattern.examples for line in _example(example)])
    yield from _section("Goes together with", _bullets(pattern.compounds_with))
    yield from _section("Verified instances", [*_instances(pattern)])
    yield from _section("How to cite", [*_block("\n".join(pattern.cite))] if pattern.cite else [])


def _section(title: str, body: Sequence[str]) -> Iterator[str]:
    if any(body):
        yield f"\n## {title}\n"
        yield from body


def _signature(pattern: Pattern) -> Iterator[str]:
    signature = pattern.signature
    yield from (f"{sentence(text)}\n" for text in (signature.structural, signature.compound) if text.strip())
    yield from (f"* {code(regex)}" for regex in (signature.log_regex, *signature.alt_regex) if regex)


def _rows(rows: Sequence[tuple[str, str]]) -> list[str]:
    return [f"* {code(name)}: {sentence(meaning)}" for name, meaning in rows]


def _bullets(items: Sequence[str]) -> list[str]:
    return [f"* {sentence(item)}" for item in items]


def _archetype(archetype: Archetype) -> Iterator[str]:
    yield f"* {code(archetype.id)} (cost: {archetype.cost}, afterwards {archetype.verdict})"
    body = (
        ("", archetype.summary),
        ("Effect: ", archetype.effect),
        ("What remains: ", archetype.remains),
        ("Proposed for ", occasion(archetype.when)),
        ("Proposed where ", archetype.condition),
        ("Source: ", archetype.source),
    )
    yield from (f"  * {label}{sentence(text)}" for label, text in body if text.strip())


def _example(example: Example) -> Iterator[str]:
    yield f"### {sentence(example.title)}"
    for label, written in (("Blocks:", example.bad), ("Does not:", example.good)):
        yield f"\n{label}\n"
        yield from _block(textwrap.dedent(written).strip("\n"), example.language)
    yield ""


def _block(text: str, language: str = "") -> Iterator[str]:
    """A fenced block, with a fence that nothing in it closes (CommonMark 4.5)."""
    fence = "`" * (max((len(run) for run in _RUN.findall(text)), default=2) + 1)
    yield f"{fence}{language}"
    yield encodable(clean_block(text))
    yield fence


def _instances(pattern: Pattern) -> Iterator[str]:
    for instance in pattern.instances:
        reporter = f", reported by {code(instance.reporter)}" if instance.reporter else ""
        yield f"* {code(instance.date)} {code(instance.repository)}{reporter}"
    if pattern.instances_url:
        yield f"* {code(pattern.instances_url)}"
