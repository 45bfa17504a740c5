"""`audit explain 035`: a pattern in words, for a terminal; and as JSON."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec
from rich.text import Text

from alef_audit.reporting.encode import json_schema, to_json
from alef_audit.reporting.escape import clean_block
from alef_audit.reporting.layout import ASCII, UNICODE, Glyphs, Piece, flow, pad, paragraph, styled, widest
from alef_audit.reporting.pattern_words import condition, guards, occasion
from alef_audit.rulepack.kinds import Kinds
from alef_audit.rulepack.pattern import Archetype, Example, Pattern

_WIDEST = 100


class Explanation(msgspec.Struct, frozen=True):
    """`--format=json` of `audit explain`: the pattern as it is written in the rules."""

    schema: Literal["alef-audit/pattern/v1"]
    pattern: Pattern


def explanation_schema() -> dict[str, object]:
    """JSON Schema (2020-12) of `--format=json`."""
    return json_schema(Explanation, "alef-audit pattern", "audit explain PATTERN --format=json")


def render_explanation_json(pattern: Pattern) -> str:
    return to_json(Explanation("alef-audit/pattern/v1", pattern))


def render_explanation_text(pattern: Pattern, kinds: Kinds, width: int, unicode: bool = True) -> tuple[Text, ...]:
    """The pattern in sections: what it is, how it shows, what is reported at which level, what heals it, its limits."""
    width = min(width, _WIDEST)
    return tuple(_lines(pattern, kinds, width, UNICODE if unicode else ASCII))


def _lines(pattern: Pattern, kinds: Kinds, width: int, glyphs: Glyphs) -> Iterator[Text]:
    yield styled((f"{pattern.id}  {pattern.slug}", "strong"))
    yield styled(pattern.title)
    place = f"{pattern.stage} {glyphs.times} {pattern.pathology}"
    facts = (place, f"severity {pattern.severity} of 10", f"confidence {pattern.confidence}")
    yield styled((f" {glyphs.dot} ".join(facts), "quiet"))
    yield from _section("What it is", paragraph(pattern.description, width, 2))
    yield from _section("How it shows", _signature(pattern, width))
    yield from _section("What is reported", _rows([(k, kinds.sink[k].meaning) for k in pattern.sinks], width))
    levels = [(row.level, condition(row)) for row in pattern.levels]
    yield from _section("At which level (the first row that fits decides)", _rows(levels, width))
    for rule in pattern.rules:
        table = [(row.level, condition(row)) for row in rule.levels]
        yield from _section(f"Rule {rule.id}", [*paragraph(rule.summary, width, 2), *_rows(table, width)])
    yield from _section("What guards on the path are worth", _rows(guards(pattern, kinds), width))
    yield from _section("What heals it", [line for a in pattern.archetypes for line in _archetype(a, width)])
    yield from _section("What it does not see", _bullets(pattern.limitations, width))
    yield from _section("Examples", [line for example in pattern.examples for line in _example(example)])
    yield from _section("Goes together with", _bullets(pattern.compounds_with, width))
    yield from _section("Verified instances", [*_instances(pattern)])
    yield from _section("How to cite", [styled(f"  {line}") for line in pattern.cite])


def _section(title: str, body: Sequence[Text]) -> Iterator[Text]:
    if body:
        yield Text("", end="")
        yield styled((title, "strong"))
        yield from body


def _signature(pattern: Pattern, width: int) -> list[Text]:
    signature = pattern.signature
    lines = paragraph(signature.structural, width, 2) + paragraph(signature.compound, width, 2)
    return [
        *lines,
        *(styled("    ", (regex, "guard")) for regex in (signature.log_regex, *signature.alt_regex) if regex),
    ]


def _rows(rows: Sequence[tuple[str, str]], width: int) -> list[Text]:
    column = widest((name for name, _ in rows), width // 3)
    lines: list[Text] = []
    for name, meaning in rows:
        words: list[Piece] = list(meaning.split())
        first = styled("  ", (pad(name, column), name if name in ("error", "warning", "note") else "guard"), "  ")
        lines += flow(first, words, styled(" " * (column + 4)), width, " ")
    return lines


def _archetype(archetype: Archetype, width: int) -> list[Text]:
    head = styled("  ", (archetype.id, "fix"), f"  cost: {archetype.cost}, afterwards {archetype.verdict}")
    body: list[tuple[str, str]] = [
        ("", archetype.summary),
        ("Effect: ", archetype.effect),
        ("What remains: ", archetype.remains),
        ("Proposed for ", occasion(archetype.when)),
        ("Proposed where ", archetype.condition),
        ("Source: ", archetype.source),
    ]
    return [head, *(line for label, text in body if text.strip() for line in paragraph(label + text, width, 4))]


def _bullets(items: Sequence[str], width: int) -> list[Text]:
    lines: list[Text] = []
    for item in items:
        words: list[Piece] = list(item.split())
        lines += flow(styled("  - "), words, styled("    "), width, " ")
    return lines


def _example(example: Example) -> list[Text]:
    lines = [styled("  ", (example.title, "strong"), f"  {example.language}")]
    for label, style, code in (("blocks", "hot", example.bad), ("does not", "fix", example.good)):
        lines.append(styled("    ", (label, style)))
        code_lines = clean_block(textwrap.dedent(code).strip("\n")).split("\n")
        lines += [styled(f"      {line}".rstrip()) for line in code_lines]
    return lines


def _instances(pattern: Pattern) -> Iterator[Text]:
    for instance in pattern.instances:
        reporter = f", reported by {instance.reporter}" if instance.reporter else ""
        yield styled(f"  {instance.date}  {instance.repository}{reporter}")
    if pattern.instances_url:
        yield styled(f"  {pattern.instances_url}")
