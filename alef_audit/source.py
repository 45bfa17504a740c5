"""Reads source text as UTF-8 bytes whose offsets are those of the file."""

import hashlib
import os
import stat
from pathlib import Path

import msgspec

from alef_audit.facts.file import Problem

DEFAULT_LIMIT = 8_000_000
_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_UTF8_BOM = b"\xef\xbb\xbf"
_SNIFFED = 8_192


class SourceText(msgspec.Struct, frozen=True):
    """`data` is valid UTF-8 without NUL at its start; empty if the file was skipped, and `problems` says why.

    `digest` is that of the bytes on disk, None if they were not read.
    """

    data: bytes
    problems: tuple[Problem, ...] = ()
    digest: bytes | None = None


def read_source(path: Path, limit: int = DEFAULT_LIMIT) -> SourceText:
    """Read `path`, at most `limit` bytes long. Never raises: what is wrong is in `problems`.

    A byte-order mark becomes spaces, bytes that are not UTF-8 become `?` one for one, line ends stay as they are.
    Unreadable, too large and binary files, pipes and devices give no text.
    """
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return _skipped("not a regular file")
        if status.st_size > limit:
            return _skipped(f"{status.st_size} bytes, more than the limit of {limit}")
        with open(path, "rb", buffering=0) as file:
            data = file.readall()
        return msgspec.structs.replace(decode_source(data), digest=content_digest(data))
    except OSError as error:
        return SourceText(b"", (Problem(0, "unreadable", error.strerror or "cannot be read"),))


def decode_source(data: bytes) -> SourceText:
    """Bring the bytes of a file into the form that `read_source` promises."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            text = data.decode(encoding, "replace").encode("utf-8", "replace")
            return SourceText(text, (Problem(1, "not-utf8", f"read as {encoding.upper()}"),))
    if b"\0" in data[:_SNIFFED]:
        return _skipped("binary")
    if data.startswith(_UTF8_BOM):
        data = b"   " + data[len(_UTF8_BOM) :]
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        text = data.decode("utf-8", "surrogateescape").encode("utf-8", "replace")
        return SourceText(text, (Problem(line, "not-utf8", "bytes that are not UTF-8 were read as '?'"),))
    return SourceText(data)


def content_digest(data: bytes) -> bytes:
    """Thirty-two bytes that identify the content of a file, also against one who tries to find a second."""
    return hashlib.blake2b(data, digest_size=32).digest()


def _skipped(why: str) -> SourceText:
    return SourceText(b"", (Problem(0, "skipped", why),))
