"""How logs are found and read: whole, in blocks, compressed, damaged, endless."""

import gzip
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alef_audit.diagnostics import NothingToAudit, UsageError
from alef_audit.evidence import gathered, logs
from alef_audit.evidence.judge import judge
from alef_audit.evidence.report import EvidenceReport
from alef_audit.rulepack.load import bundled_rules, load_rulepack
from tests.evidence import gateway_logs
from tests.evidence.gateway_logs import Line

(PATTERN,) = load_rulepack([bundled_rules()]).patterns
QUIET = "2026-03-02T13:00:00.000Z [ws] res sessions.list 154ms conn=e7f04cda id=b9ef7cb5 clients=1\n"


def judged(file: Path, data: bytes) -> EvidenceReport:
    file.write_bytes(data)
    return judge([str(file)], PATTERN)


@pytest.fixture
def text() -> bytes:
    return gateway_logs.written(gateway_logs.confirmed()).encode()


@pytest.mark.parametrize("shift", range(0, 2_000, 37))
def test_it_does_not_matter_where_a_block_ends(
    tmp_path: Path, text: bytes, shift: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_BLOCK", 4_096)
    monkeypatch.setattr(logs, "OVERLAP", 1_024)
    filler = (QUIET * 200).encode()
    data = filler[: 40 * len(QUIET)] + b"x" * shift + b"\n" + text + filler
    report = judged(tmp_path / "a.log", data)
    assert report.verdict == "confirmed"
    assert [one.count for one in report.matches] == [1, 1, 1, 0, 0, 0]
    (read,) = report.logs
    assert (read.bytes, read.lines) == (len(data), data.count(b"\n"))
    assert {place.line for part in report.parts for place in part.where} == {42, 43, 44, 45, 46}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_byte_order_marks_tell_the_encoding(tmp_path: Path, text: bytes, encoding: str) -> None:
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    assert judged(tmp_path / "a.log", mark + text.decode().encode(encoding)).verdict == "confirmed"


def test_gzip_is_known_by_its_content(tmp_path: Path, text: bytes) -> None:
    packed = gzip.compress(text[:700]) + gzip.compress(text[700:])
    assert judged(tmp_path / "rotated.1", packed).verdict == "confirmed"


def test_what_can_be_read_of_a_damaged_log_counts(tmp_path: Path, text: bytes) -> None:
    noise = b"".join(b"%d\n" % (number * 7_919 % 1_000_003) for number in range(400_000))
    report = judged(tmp_path / "a.log.gz", gzip.compress(text + noise)[:-1_000])
    assert report.verdict == "confirmed"
    assert "read up to line" in report.notes[0]
    assert report.logs[0].problem


def test_globs_files_and_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.log", "a.log", "c[1].log"):
        (tmp_path / name).write_text("x")
    (tmp_path / "old").mkdir()
    assert logs.find_logs(["*.log", "a.log", "-"]) == ("a.log", "b.log", "c[1].log", "-")
    assert logs.find_logs(["c[1].log"]) == ("c[1].log",)
    with pytest.raises(UsageError, match="old is a folder"):
        logs.find_logs(["old"])
    with pytest.raises(NothingToAudit, match="no log to read: z"):
        logs.find_logs(["a.log", "z*.log"])


def test_nothing_in_any_log_is_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(NothingToAudit, match="empty"):
        judged(tmp_path / "a.log", b"")
    with pytest.raises(NothingToAudit, match=r"a\.log: .*ended"):
        judged(tmp_path / "a.log", b"\x1f\x8b")


LINES = st.sampled_from(
    [
        carrier(line)
        for line in [*gateway_logs.confirmed(), gateway_logs.run(5, 9_000, 8_000)]
        for carrier in gateway_logs.CARRIERS
    ]
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Lines of all carriers, cut, doubled, with bytes changed."""
    data = bytearray("\n".join(draw(st.lists(LINES, min_size=1, max_size=12))).encode())
    for _ in range(draw(st.integers(0, 12))):
        at = draw(st.integers(0, len(data)))
        what = draw(st.sampled_from(["cut", "change", "insert", "double"]))
        if what == "cut":
            del data[at : at + draw(st.integers(1, 40))]
        elif what == "change" and at < len(data):
            data[at] = draw(st.integers(0, 255))
        elif what == "insert":
            data[at:at] = draw(
                st.sampled_from([b"\n", b"\x1b[", b'{"', b"\\u", b"9" * 40, b"\xff", b"\0", b"ms@", b"=="])
            )
        else:
            data[at:at] = data[at : at + 200]
    return bytes(data)


@given(mutated())
def test_no_log_makes_it_fail(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    report = judged(tmp_path_factory.getbasetemp() / "mutated.log", data + b"\n")
    assert report.verdict in ("confirmed", "compound", "partial", "absent")
    assert report.logs[0].lines == data.count(b"\n") + 1


def peak(file: Path) -> int:
    tracemalloc.start()
    try:
        judge([str(file)], PATTERN)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_log(tmp_path: Path, text: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is seen often is kept up to a bound, and that it was left out is said."""
    monkeypatch.setattr(gathered, "MOST", 50)
    monkeypatch.setattr(logs, "_BLOCK", 1 << 16)
    busy = "".join(gateway_logs.console(line) + "\n" for at in range(200) for line in _busy(at * 60.0)).encode()
    small, large = tmp_path / "small.log", tmp_path / "large.log"
    small.write_bytes(text + busy * 2 + QUIET.encode() * 10_000)
    large.write_bytes(text + busy * 8 + QUIET.encode() * 40_000)
    report = judge([str(large)], PATTERN)
    assert peak(large) < 1.2 * peak(small)
    assert report.verdict == "confirmed"
    assert "were not kept" in report.notes[-1]


def _busy(at: float) -> list[Line]:
    return [gateway_logs.run(at, 9_000, 8_000), gateway_logs.sample(at + 1), gateway_logs.closure(at)]


def test_an_endless_line_is_read_in_pieces(tmp_path: Path) -> None:
    report = judged(tmp_path / "a.log", b"auth:4000ms@5000ms " * 200_000)
    assert report.matches[0].count == 200_000
