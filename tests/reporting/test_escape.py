"""Text of the audited tree cannot steer a terminal, fake a line or break a format."""

import io
import json
import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from alef_audit.reporting.escape import clean, clean_block, encodable, quoted
from alef_audit.reporting.json_v1 import render_json
from alef_audit.reporting.text import TextOptions, render_text
from tests.reporting import reports

HOSTILE = "a\x1b[31mred\x1b[0m\nerror  faked\r\u202eevil\u2066[red]x[/red]\x9b2J\x07\udcff\u200b"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain name.ts", "plain name.ts"),
        ("größe/模块.ts", "größe/模块.ts"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x1b]8;;http://x\x07link", "\\x1b]8;;http://x\\x07link"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("\x9bA", "\\x9bA"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\udcff", "\\udcff"),
        ("[red]x[/red]", "[red]x[/red]"),
    ],
)
def test_clean(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(st.text(alphabet=st.characters()))
def test_clean_text_prints_and_is_stable(text: str) -> None:
    shown = clean(text)
    assert shown.isprintable()
    assert clean(shown) == shown
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in shown)


def test_blocks_keep_their_lines() -> None:
    assert clean_block("if x:\n\ty\x1b[0m\n") == "if x:\n    y\\x1b[0m\n"


def test_encodable_keeps_what_is_utf8() -> None:
    assert encodable("größe \udcff") == "größe \\udcff"


def test_quoted() -> None:
    assert quoted('a"b\\c\n') == '"a\\"b\\\\c\\\\n"'


def hostile() -> tuple[str, ...]:
    finding = reports.note(1, "error")
    frames = tuple(
        msgspec.structs.replace(frame, function=HOSTILE, path=HOSTILE, call=HOSTILE, loop=(HOSTILE,), per=(HOSTILE,))
        for frame in finding.trace
    )
    bad = msgspec.structs.replace(
        finding,
        message=HOSTILE,
        conditions=(HOSTILE,),
        trace=frames,
        multiplicity=(HOSTILE,),
        per=(HOSTILE,),
        sink=msgspec.structs.replace(finding.sink, path=HOSTILE, function=HOSTILE),
    )
    roots = tuple(msgspec.structs.replace(root, function=HOSTILE, path=HOSTILE, why=HOSTILE) for root in reports.ROOTS)
    report = reports.report(bad, roots=roots)
    return tuple(line.plain for line in render_text(report, TextOptions(limit=None)))


def test_no_line_of_a_hostile_report_holds_a_control_character() -> None:
    lines = hostile()
    assert all(line.isprintable() for line in lines)
    assert not any(line.startswith("error  faked") for line in lines)
    assert any("[red]x[/red]" in line for line in lines)


def test_markup_is_not_interpreted_on_a_terminal() -> None:
    finding = msgspec.structs.replace(reports.note(1, "error"), message="[bold]x[/bold] :bomb: [/]")
    stream = io.StringIO()
    console = Console(file=stream, width=100, force_terminal=True, color_system="truecolor", highlight=False)
    for line in render_text(reports.report(finding), TextOptions()):
        console.print(line, soft_wrap=True)
    assert "[bold]x[/bold]" in stream.getvalue()
    assert ":bomb:" in stream.getvalue()


def test_json_carries_hostile_text_unharmed() -> None:
    text = HOSTILE.replace("\udcff", "")
    finding = msgspec.structs.replace(reports.note(1), message=text)
    assert json.loads(render_json(reports.report(finding)))["findings"][0]["message"] == text
