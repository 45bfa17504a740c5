"""`audit patterns`: the catalogue in every format, and the schema of its machine query."""

import json
from typing import Any

import jsonschema
import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from alef_audit.reporting.catalogue import (
    catalogue_schema,
    render_catalogue_json,
    render_catalogue_jsonld,
    render_catalogue_markdown,
    render_catalogue_text,
)
from alef_audit.rulepack.pattern import Counts, Pattern
from tests.reporting.test_explain_text import SMALL, bundled

# What the seed of the bundled pattern says; its sentences are not ours.
SEED_FIGURES = {"number": "035", "stage": "bind", "pathology": "collapse", "severity": 8, "confidence": 0.31}
SEED_ARCHETYPES = [
    ("auth-cache-per-session-per-host", "small"),
    ("auth-on-worker-thread", "medium"),
    ("lazy-response-cache-during-reconnect", "tiny"),
]
SEED_EXPRESSIONS = [
    r"auth:\s*\d{4,}ms@\d+ms",
    r"eventLoopUtilization=0\.9\d",
    r"eventLoopDelayP99Ms=\d{4,5}",
    r"session-resource-loader:\d{4,}ms",
    r"handshake=pending[\s\S]{0,200}closed before connect",
    r"code=1006[\s\S]{0,80}durationMs=\d{1,3}\b",
]


def document(*patterns: Pattern) -> Any:
    return json.loads(render_catalogue_json(patterns))


def linked(*patterns: Pattern) -> Any:
    return json.loads(render_catalogue_jsonld(patterns))


def check(answer: object) -> None:
    schema = catalogue_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(answer, schema, cls=jsonschema.Draft202012Validator)


# --- each format


def test_text(snapshot: SnapshotAssertion) -> None:
    assert "\n".join(line.plain for line in render_catalogue_text((SMALL, bundled()), 80)) == snapshot


def test_markdown(snapshot: SnapshotAssertion) -> None:
    assert render_catalogue_markdown((SMALL, bundled())) == snapshot


def test_json(snapshot: SnapshotAssertion) -> None:
    assert render_catalogue_json((SMALL,)) == snapshot


def test_jsonld(snapshot: SnapshotAssertion) -> None:
    assert render_catalogue_jsonld((SMALL,)) == snapshot


def test_a_query_that_nothing_fits_has_an_answer() -> None:
    assert document() == {"schema": "alef-audit/patterns/v1", "patterns": []}
    assert linked()["patterns"] == []
    assert render_catalogue_markdown(()) == "no pattern fits\n"
    assert [line.plain for line in render_catalogue_text((), 80)] == ["no pattern fits"]


# --- the entry of the bundled pattern


def test_the_entry_has_what_the_public_one_has() -> None:
    (entry,) = document(bundled())["patterns"]
    assert {key: entry[key] for key in SEED_FIGURES} == SEED_FIGURES
    assert [(one["id"], one["cost"]) for one in entry["archetypes"]][:3] == SEED_ARCHETYPES
    signature = entry["observable_signature"]
    assert [signature["log_regex"], *signature["alt_regex"]] == SEED_EXPRESSIONS
    assert "30 s" in signature["structural_signature"]
    assert "same window" in signature["compound_signal"]
    assert entry["instances"] == [
        {"date": "2026-05-19T05:30", "repository": "openclaw/openclaw-runtime", "reporter": ""}
    ]
    assert entry["cite"] == [
        "fixes pattern ALEF-PAT-035 (sync-auth-in-embedded-hot-path)",
        "ref: https://n50.io/patterns/035",
    ]
    assert entry["instances_url"] == "https://n50.io/api/patterns/035"
    assert entry["commands"]["scan"] == "audit . --pattern=035"


def test_what_the_catalogue_counts_is_unknown_unless_the_rules_say_it() -> None:
    counted = msgspec.structs.replace(SMALL, counts=Counts(diagnosed=3))
    assert [entry["counts"] for entry in document(SMALL, counted)["patterns"]] == [
        {"diagnosed": None, "healed": None, "cited": None},
        {"diagnosed": 3, "healed": None, "cited": None},
    ]


# --- schema and context


def test_the_schema_describes_both_documents() -> None:
    check(document(SMALL, bundled()))
    check(linked(SMALL, bundled()))
    check(document())


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("severity", 11),
        ("confidence", 1.5),
        ("stage", "desing"),
        ("pathology", "stall"),
        ("instances", [{"date": "2026-01-02"}]),
        ("observable_signature", {"log_regex": ""}),
        ("counts", {"diagnosed": "many"}),
    ],
)
def test_the_schema_refuses_what_is_none(key: str, wrong: object) -> None:
    answer = document(SMALL)
    answer["patterns"][0][key] = wrong
    with pytest.raises(jsonschema.ValidationError):
        check(answer)


def test_the_schema_asks_for_every_key() -> None:
    for key in document(SMALL)["patterns"][0]:
        answer = document(SMALL)
        del answer["patterns"][0][key]
        with pytest.raises(jsonschema.ValidationError):
            check(answer)


def test_linked_data_says_the_same_with_names_for_its_keys() -> None:
    answer, plain = linked(SMALL, bundled()), document(SMALL, bundled())
    assert [entry.pop("@id") for entry in answer["patterns"]] == [SMALL.reference, bundled().reference]
    assert {entry.pop("@type") for entry in answer["patterns"]} == {"sdo:DefinedTerm"}
    context = answer.pop("@context")
    assert answer.pop("@type") == "sdo:DefinedTermSet"
    assert answer == plain
    spelled = {key for key in context if not key.startswith("@")} - {"sdo"}
    assert spelled <= set(plain) | set(plain["patterns"][0]) | set(plain["patterns"][0]["observable_signature"])


def test_a_pattern_without_a_reference_has_no_name_as_linked_data() -> None:
    (entry,) = linked(msgspec.structs.replace(SMALL, reference=""))["patterns"]
    assert "@id" not in entry
