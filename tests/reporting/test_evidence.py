"""`audit evidence` on the terminal and as JSON."""

import json

import jsonschema
import msgspec
import pytest

from alef_audit.evidence.moment import Span
from alef_audit.evidence.observations import Place
from alef_audit.evidence.reading import LogRead, Matches
from alef_audit.evidence.report import EvidenceReport, Part, Window
from alef_audit.evidence.stacks import Spot, Stack
from alef_audit.reporting.evidence_json import evidence_schema, render_evidence_json
from alef_audit.reporting.evidence_text import render_evidence_text
from alef_audit.reporting.html_evidence import render_evidence_html

AT = Place("gateway.log", 12)
WINDOW = Window(Span("zoned", -1, 60.0, 107.25), "confirmed", 45.0, 35.6, 0.7911, 0.991, 33.8, 3, 1, 0, (AT,))
UNTIMED = Window(None, "partial", None, None, None, None, 31.0, 0, 0, 1, (Place("gate\x1b[31mway.log", 3),))
REPORT = EvidenceReport(
    pattern="ALEF-PAT-035",
    verdict="partial",
    parts=(
        Part("run", "one embedded run of more than 30 s", True, 45.0, (AT,), ("The longest run took 45 s.",)),
        Part("auth-share", "auth takes more than 70% of a run", False, 0.2712, (AT,), ("At most 27.1%.",)),
        Part("same-window", "all of it in one window", False, None, (), ("There is no run with so much auth.",)),
    ),
    windows=(WINDOW, UNTIMED),
    windows_left_out=4,
    matches=(Matches(r"auth:\d+", 2, (AT, AT)), Matches("never", 0, ())),
    notes=("1 of 2 lines bear no time",),
    logs=(LogRead("gateway.log", 900, 14), LogRead("cut.log", 3, 1, "unexpected end")),
)


def text(report: EvidenceReport, explain: bool = False, unicode: bool = True) -> str:
    return "\n".join(line.plain for line in render_evidence_text(report, 100, unicode, explain))


def test_the_terminal_says_what_holds_what_is_missing_and_when(snapshot: object) -> None:
    assert text(REPORT) == snapshot


def test_explain_adds_how_each_part_was_decided() -> None:
    assert "At most 27.1%." not in text(REPORT)
    said = text(REPORT, explain=True)
    assert all(sentence in said for part in REPORT.parts for sentence in part.decided)


def test_names_of_logs_are_made_safe_and_ascii_stays_ascii() -> None:
    assert "\x1b" not in text(REPORT)
    assert text(REPORT, unicode=False).isascii()


def test_verdicts_without_parts_are_said() -> None:
    plain = msgspec.structs.replace(REPORT, verdict="absent", parts=(), windows=(), matches=(), notes=())
    assert text(plain) == "absent  ALEF-PAT-035: nothing of the signature is there\n  15 lines of 2 logs read"


def test_json_has_the_documented_keys() -> None:
    document = json.loads(render_evidence_json(REPORT))
    assert list(document)[:5] == ["schema", "verdict", "parts", "windows", "matches"]
    assert (document["schema"], document["verdict"]) == ("alef-audit/evidence/v1", "partial")
    assert list(document["parts"][0])[:4] == ["name", "holds", "value", "where"]
    assert document["parts"][0] == {
        "name": "run",
        "holds": True,
        "value": 45.0,
        "where": ["gateway.log:12"],
        "asks": "one embedded run of more than 30 s",
        "decided": ["The longest run took 45 s."],
    }
    timed, untimed = document["windows"]
    assert (timed["start"], timed["end"]) == ("1970-01-01T00:01:00Z", "1970-01-01T00:01:47.250Z")
    assert (timed["auth_share"], timed["closures"], untimed["start"]) == (0.7911, 3, None)
    assert document["matches"][r"auth:\d+"] == {"count": 2, "first": ["gateway.log:12", "gateway.log:12"]}
    assert document["logs"][1]["problem"] == "unexpected end"
    assert "problem" not in document["logs"][0]


def page(report: EvidenceReport) -> str:
    return " ".join(render_evidence_html(report).split())


def test_the_page_shows_how_each_part_was_decided_and_the_timeline() -> None:
    said = page(REPORT)
    assert "<h1>ALEF-PAT-035 in the logs: partial</h1>" in said
    assert "holds</span> one embedded run of more than 30 s <strong>45.0 s</strong>" in said
    assert '<p class="facts">The longest run took 45 s.</p>' in said
    assert "missing</span> auth takes more than 70% of a run <strong>27.1%</strong>" in said
    assert said.count('class="lane') == 2
    assert "4 more windows show less." in said
    assert '<code>auth:\\d+</code> <span class="seen">2 times</span>' in said
    assert "never" not in said
    assert "1 of 2 lines bear no time" in said


def test_the_page_loads_nothing_and_escapes_what_logs_say() -> None:
    stack = Stack("proof", AT, (Spot("<b>run\x1b", "file:///srv/a.mjs", 7),), "readFileSync", 12.4, 3)
    said = page(msgspec.structs.replace(REPORT, stacks=(stack,), parts=(), windows=(), matches=()))
    assert 'readFileSync</span> <span class="seen">12 ms</span> in &lt;b&gt;run\\x1b' in said
    assert "/srv/a.mjs:7" in said
    assert "default-src 'none'; style-src 'sha256-" in said
    assert "<script" not in said
    assert "Timeline" not in said


def test_the_document_is_as_its_schema_says() -> None:
    stack = Stack("proof", AT, (Spot("run", "/srv/a.mjs", 7),), "readFileSync", 12.4, 3)
    schema, document = (
        evidence_schema(),
        json.loads(render_evidence_json(msgspec.structs.replace(REPORT, stacks=(stack,)))),
    )
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    del document["verdict"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)


def test_calls_are_told_as_the_program_made_them() -> None:
    def stack(*inner: Spot) -> Stack:
        own = Spot("handle", "/srv/x.py", 2), Spot("read_token", "/srv/x.py", 9)
        return Stack("proof", AT, (*own, *inner), "", 200.0, 3)

    run = Spot("run", "/usr/lib/python3.11/subprocess.py", 548)
    wait = run, Spot("_try_wait", "/usr/lib/python3.11/subprocess.py", 2004)
    installed = Spot("get", "/srv/venv/lib/site-packages/requests/api.py", 60)
    said = text(msgspec.structs.replace(REPORT, stacks=(stack(run), stack(*wait), stack(installed), stack())))
    told = [" ".join(line.split()) for line in said.partition("Calls that held the loop")[2].splitlines()[1:4]]
    assert told == [
        "400 ms run read_token (/srv/x.py:9)",
        "200 ms get read_token (/srv/x.py:9)",
        "200 ms read_token read_token (/srv/x.py:9)",
    ]
