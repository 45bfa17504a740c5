"""Which logs are read, and their bytes in blocks: files, globs, standard input, compressed or not, memory constant."""

import codecs
import contextlib
import glob
import gzip
import io
import itertools
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from alef_audit.diagnostics import NothingToAudit, UsageError

STDIN: Final = "-"
_BLOCK: Final = 1 << 20
OVERLAP: Final = 1 << 14  # bytes that come again: as long as a message with its wrapped lines may be
_GZIP: Final = b"\x1f\x8b"
_UTF16: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class _Stream(Protocol):
    def read1(self, size: int, /) -> bytes: ...


class CutShort(Exception):
    """A log that cannot be read to its end; says why."""


class Block(NamedTuple):
    """A piece of a log. What begins behind `take` comes again at the start of the next block."""

    data: bytes
    take: int
    first_line: int


def find_logs(names: Sequence[str]) -> tuple[str, ...]:
    """The logs that `names` mean: files, globs, `-`; each once, in the order typed.

    Raises UsageError for folders, NothingToAudit for what does not exist.
    """
    found: list[str] = []
    for name in names:
        path = Path(name)
        if name == STDIN:
            found.append(name)
        elif path.is_dir():
            raise UsageError(f"{name} is a folder", f"Name its logs: '{path / '*.log'}'")
        elif path.exists():
            found.append(name)
        else:
            matching = sorted(one for one in glob.glob(name, recursive=True) if not Path(one).is_dir())
            if not matching:
                raise NothingToAudit(f"no log to read: {name}", "Name files, globs, or - for standard input")
            found += matching
    return tuple(dict.fromkeys(found))


def read_blocks(name: str) -> Iterator[Block]:
    """The blocks of a log, decompressed and as UTF-8. Raises CutShort where it cannot be read to its end."""
    with _opened(name) as stream:
        line, rest = 1, b""
        chunks = _chunks(stream)
        chunk, problem = _next(chunks)
        while chunk:
            following, problem = _next(chunks)
            data = rest + chunk
            take = len(data) if not following else _last_line(data, len(data) - OVERLAP)
            yield Block(data, take, line)
            line += data.count(b"\n", 0, take)
            rest, chunk = data[take:], following
        if problem is not None:
            raise problem


def _last_line(data: bytes, before: int) -> int:
    """Where the last line starts that starts at or before `before`; `before` itself in an endless line."""
    if before <= 0:
        return 0
    return data.rfind(b"\n", max(0, before - OVERLAP), before) + 1 or before


def _next(chunks: Iterator[bytes]) -> tuple[bytes, CutShort | None]:
    try:
        return next(chunks, b""), None
    except CutShort as error:
        return b"", error


def _chunks(stream: _Stream) -> Iterator[bytes]:
    """The text in UTF-8, without a byte-order mark. Raises CutShort behind what could be read."""
    pieces = _pieces(stream)
    first = next(pieces, b"")
    encoding = next((name for mark, name in _UTF16.items() if first.startswith(mark)), None)
    if encoding is None:
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from pieces
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for piece in itertools.chain((first[2:],), pieces):
        yield decoder.decode(piece).encode("utf-8", "replace")


def _pieces(stream: _Stream) -> Iterator[bytes]:
    """What a stream holds, in pieces of a block's size; what was decompressed before an error is not lost."""
    piece = b""
    try:
        while more := stream.read1(_BLOCK):
            piece += more
            if len(piece) >= _BLOCK:
                yield piece
                piece = b""
    except (OSError, EOFError, zlib.error) as error:
        if piece:
            yield piece
        raise CutShort(str(error) or type(error).__name__) from None
    yield piece


@contextmanager
def _opened(name: str) -> Iterator[_Stream]:
    """The bytes of a log; compressed ones are known by how they begin, whatever they are called."""
    with contextlib.ExitStack() as stack:
        try:
            stream = sys.stdin.buffer if name == STDIN else stack.enter_context(open(name, "rb", buffering=0))
            buffered = io.BufferedReader(stream)  # type: ignore[type-var]
            stack.callback(buffered.detach)  # standard input stays open
            start = buffered.peek(2)[:2]
        except OSError as error:
            raise CutShort(error.strerror or "cannot be read") from None
        yield gzip.GzipFile(fileobj=buffered) if start == _GZIP else buffered
