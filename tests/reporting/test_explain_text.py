"""`audit explain`: a small pattern in words, and the bundled one in full."""

import json
from typing import get_args

import msgspec
from syrupy.assertion import SnapshotAssertion

from alef_audit.reporting.explain import render_explanation_json, render_explanation_text
from alef_audit.reporting.explain_markdown import render_explanation_markdown
from alef_audit.rulepack.kinds import Cost, GuardKind, Kinds, Rate, RootKind, SinkKind
from alef_audit.rulepack.load import bundled_rules, load_rulepack
from alef_audit.rulepack.pattern import Example, Pattern

PACK = load_rulepack([bundled_rules()])
KINDS = msgspec.convert(
    {
        "sink": {kind: {"meaning": f"meaning of {kind}"} for kind in get_args(SinkKind)},
        "root": {
            kind: {
                "meaning": f"meaning of {kind}",
                "heat": "dispatch",
                "rate": "unit",
                "fires": f"on every {kind}",
                "at_times": f"on a {kind}",
            }
            for kind in get_args(RootKind)
        },
        "guard": {kind: {"meaning": f"meaning of {kind}"} for kind in get_args(GuardKind)},
        "cost": {kind: {"meaning": f"meaning of {kind}"} for kind in get_args(Cost)},
        "rate": {kind: {"meaning": f"meaning of {kind}", "weight": 1.0} for kind in get_args(Rate)},
        "score": msgspec.to_builtins(PACK.kinds.score),
        "steps": {"medium": 5, "low": 8},
    },
    Kinds,
)
SMALL = msgspec.convert(
    {
        "id": "ALEF-PAT-099",
        "number": "099",
        "slug": "small-pattern",
        "title": "A small pattern",
        "stage": "bind",
        "pathology": "drift",
        "severity": 5,
        "confidence": 0.5,
        "description": "Something blocks. " * 9,
        "signature": {
            "log_regex": r"took \d+ms",
            "alt_regex": [r"\[slow\]"],
            "structural": "It is slow.",
            "compound": "",
        },
        "instances": [{"date": "2026-01-02", "repository": "some/where", "reporter": "somebody"}],
        "compounds_with": [],
        "cite": ["fixes pattern ALEF-PAT-099 (small-pattern)"],
        "reference": "https://example.org/099",
        "sinks": ["blocking.sleep"],
        "discharged_by": ["offload.worker", "memoise.ttl"],
        "mitigated_by": ["memoise.ttl", "yield"],
        "lasting_ttl": 300,
        "levels": [
            {
                "level": "error",
                "verdict": ["exposed"],
                "heat": ["dispatch"],
                "phase": "auth",
                "cost_at_least": "milliseconds",
                "confidence_at_least": "medium",
            },
            {"level": "note"},
        ],
        "archetypes": [
            {
                "id": "sleep-elsewhere",
                "cost": "tiny",
                "summary": "Sleep elsewhere.",
                "effect": "The loop is free.",
                "remains": "Nothing.",
                "verdict": "discharged",
                "when": {"looped": True, "has_async_twin": True, "kinds": ["blocking.sleep"]},
            }
        ],
        "limitations": ["It sees little."],
        "examples": [
            {"language": "python", "title": "Sleeping", "bad": "time.sleep(1)\n\nx()", "good": "await asyncio.sleep(1)"}
        ],
    },
    Pattern,
)


def bundled() -> Pattern:
    text = next(bundled_rules().glob("patterns/035-*.toml"))
    return msgspec.toml.decode(text.read_bytes(), type=Pattern)


def test_in_words(snapshot: SnapshotAssertion) -> None:
    assert "\n".join(line.plain for line in render_explanation_text(SMALL, KINDS, 80)) == snapshot


def test_in_markdown(snapshot: SnapshotAssertion) -> None:
    assert render_explanation_markdown(SMALL, KINDS) == snapshot


def test_bundled_pattern_in_markdown_says_what_the_terminal_says() -> None:
    pattern = bundled()
    said = render_explanation_markdown(pattern, KINDS)
    for line in render_explanation_text(pattern, KINDS, 100):
        if line.plain and line.spans and not line.plain.startswith(" "):
            assert " ".join(line.plain.split()) in said.replace("`", "")
    for needed in [
        *(f"* `{archetype.id}` (cost: {archetype.cost}," for archetype in pattern.archetypes),
        *(f"`{regex}`" for regex in (pattern.signature.log_regex, *pattern.signature.alt_regex)),
        *(f"### {example.title}" for example in pattern.examples),
        "\n".join(pattern.cite),
    ]:
        assert needed in said


def test_text_of_a_rules_folder_is_neither_markup_nor_a_mention() -> None:
    hostile = msgspec.structs.replace(
        SMALL,
        title="ping @everyone, see #12 <b>now</b> and www.example.org",
        description="`` it `ends` ``",
        examples=(Example("python", "fence", "```\n# not a heading\x1b[31m", "pass"),),
    )
    said = render_explanation_markdown(hostile, KINDS)
    assert "ping `@everyone,` see `#12` `<b>now</b>` and `www.example.org`" in said
    assert "````python\n```\n# not a heading\\x1b[31m\n````" in said


def test_bundled_pattern_is_said_in_full() -> None:
    pattern = bundled()
    lines = [line.plain for line in render_explanation_text(pattern, KINDS, 100)]
    said = " ".join(" ".join(lines).split())
    for needed in [
        *(archetype.id for archetype in pattern.archetypes),
        *(" ".join(limit.split()) for limit in pattern.limitations),
        *pattern.cite,
        pattern.signature.log_regex,
        " ".join(pattern.description.split()),
    ]:
        assert needed in said


def test_json() -> None:
    document = json.loads(render_explanation_json(bundled()))
    assert document["schema"] == "alef-audit/pattern/v1"
    assert document["pattern"]["number"] == "035"
    assert [a["id"] for a in document["pattern"]["archetypes"]] == [a.id for a in bundled().archetypes]
