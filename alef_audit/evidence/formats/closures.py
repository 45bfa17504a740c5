"""Ends of WebSocket connections, and handshakes that took too long.

A connection that had not finished its handshake ends with `closed before connect conn=… code=…`, that of a web client
with `webchat disconnected code=…`; `→ close code=… durationMs=… handshake=…` repeats either when frames are logged.
Cause and handshake are fields of the JSON log.
"""

from collections.abc import Iterator
from typing import Final, Literal

from alef_audit.evidence.formats.fields import number, word
from alef_audit.evidence.observations import Closure, HandshakeTimeout, Record

WORDS: Final = (
    "closed before connect",
    "webchat disconnected",
    "close code=",
    "handshake timeout",
    "handshake-timeout",
)
BEGINS: Final = r"closed before connect|webchat disconnected|close code=|handshake timeout"
FRAGMENT: Final = r"(?:conn|peer|remote|fwd|origin|host|ua|code|reason|durationMs|handshake|cause)=\S*"

_CARRIERS: Final[tuple[tuple[str, Literal["handshake", "webchat", "frame"]], ...]] = (
    ("closed before connect", "handshake"),
    ("webchat disconnected", "webchat"),
    ("close code=", "frame"),
)


def read_closure(record: Record) -> Iterator[Closure]:
    carrier = next((carrier for words, carrier in _CARRIERS if words in record.text), None)
    code = number(record.text, "code") if carrier is not None else None
    if carrier is None or code is None:
        return
    connection = word(record.text, "conn")
    yield Closure(
        place=record.place,
        moment=record.moment,
        code=int(code),
        carrier=carrier,
        connection="" if _is_hidden(connection) else connection,
        handshake=word(record.text, "handshake"),
        cause=word(record.text, "cause"),
    )


def _is_hidden(connection: str) -> bool:
    """Whether an identifier was shortened: then it names no connection."""
    return connection == "n/a" or ".." in connection or "…" in connection


def read_handshake_timeout(record: Record) -> Iterator[HandshakeTimeout]:
    if "handshake timeout" in record.text:
        yield HandshakeTimeout(record.place, record.moment)
