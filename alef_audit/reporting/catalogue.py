"""`audit patterns`: the catalogue, for people and for machines.

The JSON document answers what the public catalogue's machine query answers, under the names that an entry has there.
The JSON-LD document is the same with a context, in which an entry is a `DefinedTerm` of schema.org.
"""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from rich.text import Text

from alef_audit.reporting.encode import json_schema, to_json
from alef_audit.reporting.layout import flow, pad, styled, widest
from alef_audit.reporting.markup import code, sentence
from alef_audit.rulepack.grid import Pathology, Stage
from alef_audit.rulepack.kinds import Verdict
from alef_audit.rulepack.pattern import Archetype, ArchetypeCost, Counts, Index, Instance, Pattern, Severity

_VERSION: Final = "alef-audit/patterns/v1"
_NONE: Final = "no pattern fits"
# Terms that schema.org does not have get a name of their own (`@vocab`); lists whose order means something stay lists.
_CONTEXT: Final[dict[str, object]] = {
    "@version": 1.1,
    "@vocab": "urn:alef-audit:patterns:",
    "sdo": "https://schema.org/",
    "patterns": {"@id": "sdo:hasDefinedTerm", "@container": "@set"},
    "id": "sdo:termCode",
    "slug": "sdo:alternateName",
    "title": "sdo:name",
    "description": "sdo:description",
    "reference": "sdo:url",
    "alt_regex": {"@id": "urn:alef-audit:patterns:alt_regex", "@container": "@list"},
    "archetypes": {"@id": "urn:alef-audit:patterns:archetypes", "@container": "@list"},
    "cite": {"@id": "urn:alef-audit:patterns:cite", "@container": "@list"},
}


class ObservableSignature(msgspec.Struct, frozen=True):
    """What the logs of a running program show when the pattern bites. Expressions are in the syntax of RE2."""

    log_regex: str
    alt_regex: tuple[str, ...]
    structural_signature: str
    compound_signal: str


class FixArchetype(msgspec.Struct, frozen=True):
    """A way to heal the pattern, what it costs, and what a path is worth once it is applied."""

    id: str
    cost: ArchetypeCost
    summary: str
    effect: str
    remains: str
    verdict: Verdict
    condition: str
    source: str


class Commands(msgspec.Struct, frozen=True):
    """What to type for this pattern."""

    scan: str
    explain: str
    query: str


class CatalogueEntry(msgspec.Struct, frozen=True):
    """A pattern: what a machine needs to choose, recognise, heal and cite it."""

    id: str
    number: str
    slug: str
    title: str
    description: str
    stage: Stage
    pathology: Pathology
    severity: Severity
    confidence: Index
    counts: Counts
    observable_signature: ObservableSignature
    instances: tuple[Instance, ...]
    archetypes: tuple[FixArchetype, ...]
    compounds_with: tuple[str, ...]
    cite: tuple[str, ...]
    reference: str
    instances_url: str
    commands: Commands


class Catalogue(msgspec.Struct, frozen=True):
    """`--format=json` of `audit patterns`."""

    schema: Literal["alef-audit/patterns/v1"]
    patterns: tuple[CatalogueEntry, ...]


def catalogue_schema() -> dict[str, object]:
    """JSON Schema (2020-12) of `--format=json` and `--format=jsonld`."""
    described = "audit patterns --format=json, or --format=jsonld"
    return json_schema(Catalogue, "alef-audit catalogue of patterns", described)


def render_catalogue_json(patterns: Sequence[Pattern]) -> str:
    return to_json(_catalogue(patterns))


def render_catalogue_jsonld(patterns: Sequence[Pattern]) -> str:
    """The same document as JSON-LD 1.1; where a pattern has a reference, that names it."""
    terms = [
        ({"@id": entry.reference} if entry.reference else {})
        | {"@type": "sdo:DefinedTerm"}
        | msgspec.structs.asdict(entry)
        for entry in _catalogue(patterns).patterns
    ]
    return to_json({"@context": _CONTEXT, "@type": "sdo:DefinedTermSet", "schema": _VERSION, "patterns": terms})


def render_catalogue_markdown(patterns: Sequence[Pattern]) -> str:
    """One item per pattern: number, slug, place in the grid, severity, title."""
    items = [
        f"* {code(p.number)} {code(p.slug)} ({p.stage} × {p.pathology}, severity {p.severity}): {sentence(p.title)}"
        for p in patterns
    ]
    return "\n".join(items or [_NONE]) + "\n"


def render_catalogue_text(patterns: Sequence[Pattern], width: int) -> tuple[Text, ...]:
    """One line per pattern: number, slug, severity, title."""
    slugs = widest((pattern.slug for pattern in patterns), width)
    lines: list[Text] = []
    for pattern in patterns:
        first = styled(
            (pattern.number, "strong"), "  ", pad(pattern.slug, slugs), "  ", f"severity {pattern.severity:>2}"
        )
        first.append("  ")
        lines += flow(first, [pattern.title], styled("     "), width)
    return tuple(lines or [styled((_NONE, "quiet"))])


def _catalogue(patterns: Sequence[Pattern]) -> Catalogue:
    return Catalogue(_VERSION, tuple(_entry(pattern) for pattern in patterns))


def _entry(pattern: Pattern) -> CatalogueEntry:
    signature = pattern.signature
    return CatalogueEntry(
        id=pattern.id,
        number=pattern.number,
        slug=pattern.slug,
        title=pattern.title,
        description=_line(pattern.description),
        stage=pattern.stage,
        pathology=pattern.pathology,
        severity=pattern.severity,
        confidence=pattern.confidence,
        counts=pattern.counts,
        observable_signature=ObservableSignature(
            signature.log_regex, signature.alt_regex, _line(signature.structural), _line(signature.compound)
        ),
        instances=pattern.instances,
        archetypes=tuple(_archetype(archetype) for archetype in pattern.archetypes),
        compounds_with=pattern.compounds_with,
        cite=pattern.cite,
        reference=pattern.reference,
        instances_url=pattern.instances_url,
        commands=Commands(
            scan=f"audit . --pattern={pattern.number}",
            explain=f"audit explain {pattern.number}",
            query=f"audit patterns {pattern.number} --format=json",
        ),
    )


def _archetype(archetype: Archetype) -> FixArchetype:
    return FixArchetype(
        id=archetype.id,
        cost=archetype.cost,
        summary=_line(archetype.summary),
        effect=_line(archetype.effect),
        remains=_line(archetype.remains),
        verdict=archetype.verdict,
        condition=_line(archetype.condition),
        source=archetype.source,
    )


def _line(text: str) -> str:
    return " ".join(text.split())
