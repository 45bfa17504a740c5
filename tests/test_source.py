"""Reading source text: byte-order marks, encodings, line ends, caps."""

import os
import sys
from pathlib import Path

import pytest

from alef_audit.source import content_digest, decode_source, read_source


def test_plain_text_is_kept_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes("x = 'é'\r\ny = 1\r".encode())
    assert read_source(path).data == path.read_bytes()
    assert read_source(path).problems == ()


def test_a_mark_becomes_spaces_so_that_offsets_hold() -> None:
    data = b"\xef\xbb\xbfimport os\n"
    assert decode_source(data).data == b"   import os\n"
    assert len(decode_source(data).data) == len(data)


def test_foreign_bytes_are_replaced_one_for_one() -> None:
    source = decode_source(b"a = 1\nb = '\xe9\xff'\n")
    assert source.data == b"a = 1\nb = '??'\n"
    assert [(one.line, one.kind) for one in source.problems] == [(2, "not-utf8")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_wide_encodings_with_a_mark(encoding: str) -> None:
    source = decode_source("x = 'é'\n".encode(encoding))
    assert source.data.decode() == "x = 'é'\n"
    assert source.problems[0].kind == "not-utf8"


def test_what_is_skipped(tmp_path: Path) -> None:
    video = tmp_path / "video.ts"
    video.write_bytes(b"G@\x00\x10" * 100)
    assert read_source(video).data == b""
    assert read_source(video).problems[0].message == "binary"
    assert read_source(video, limit=10).problems[0].kind == "skipped"
    assert read_source(tmp_path / "missing.py").problems[0].kind == "unreadable"
    assert read_source(tmp_path).problems[0].kind == "skipped"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")
def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    assert read_source(tmp_path / "pipe.py").problems[0].message == "not a regular file"


def test_what_was_read_has_a_digest(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"\xef\xbb\xbfx = 1\n")
    assert read_source(path).digest == content_digest(path.read_bytes())
    assert read_source(path, limit=1).digest is None
    assert read_source(tmp_path / "missing.py").digest is None


def test_digests_tell_contents_apart() -> None:
    assert content_digest(b"a") != content_digest(b"b")
    assert len(content_digest(b"")) == 32
