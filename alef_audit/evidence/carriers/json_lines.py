"""JSON lines: pino, tslog with JSON strings inside, the console's own, journald and container runtimes."""

from collections.abc import Iterator
from typing import Any, Final

import re2

from alef_audit import json_text
from alef_audit.evidence.carriers.console import Line, best_of, read_console
from alef_audit.evidence.carriers.timestamps import moment_of
from alef_audit.evidence.moment import Moment

# Keys whose text is the message, and those under which a time is found (outermost carriers first).
_MESSAGES: Final = frozenset(("msg", "message", "MESSAGE", "log", "text"))
_TIMES: Final = ("__REALTIME_TIMESTAMP", "timestamp", "@timestamp", "ts", "time", "date")
_SKIPPED: Final = frozenset((*_TIMES, "_meta", "path", "pid", "hostname", "v"))
_DEEPEST: Final = 4
_MOST_FIELDS: Final = 200
_CUT_TIME: Final = re2.compile(r'\\?"(?:time|date|timestamp|ts)\\?"\s*:\s*\\?"?([^",\\}]+)')


def read_json_line(text: str, log: int) -> Line | None:
    """The line as its fields would be printed on a console: `key=value` and messages, in the order of the document.

    None if it is no JSON object.  A line that was cut is read as far as it goes.
    """
    if not text.startswith("{"):
        return None
    document = _object(text)
    if document is None:
        return _cut(text, log) if text.startswith('{"') else None
    moments: list[Moment] = []
    for moment in _moments(document, log):
        moments.insert(0, moment)
        if moment.clock == "zoned":  # nothing further out says more
            break
    parts: list[str] = []
    for part in _parts(document, 0):
        parts.append(part)
        if len(parts) >= _MOST_FIELDS:
            break
    body = " ".join(parts)
    told = best_of(moments) if moments else read_console(body, log).moment
    return Line(told, body, True, whole=True)


def _object(text: str) -> dict[str, Any] | None:
    try:
        document = json_text.decode(text, object)
    except json_text.NotJson:
        return None
    return document if isinstance(document, dict) else None


def _moments(document: dict[str, Any], log: int) -> Iterator[Moment]:
    """The times that a document tells, innermost first."""
    inner = document.get("log", document.get("MESSAGE"))
    if isinstance(inner, str):
        nested = _object(inner) if inner.startswith("{") else None
        if nested is not None:
            yield from _moments(nested, log)
        else:
            moment = read_console(inner, log).moment
            if moment is not None:
                yield moment
    meta = document.get("_meta")
    if isinstance(meta, dict):
        yield from _moments(meta, log)
    for key in reversed(_TIMES):
        moment = moment_of(document.get(key), log) if key in document else None
        if moment is not None:
            yield moment


def _parts(value: dict[str, Any], depth: int) -> Iterator[str]:
    for key, item in value.items():
        if key not in _SKIPPED:
            yield from _part(key, item, depth)


def _part(key: str, item: object, depth: int) -> Iterator[str]:
    match item:
        case dict():
            if depth < _DEEPEST:
                yield from _stages(item) if key == "stages" else _parts(item, depth + 1)
        case str():
            nested = _object(item) if item.startswith("{") and depth < _DEEPEST else None
            if nested is not None:
                yield from _parts(nested, depth + 1)
            elif key in _MESSAGES or key.isdecimal():
                yield item
            else:
                yield f"{key}={item}"
        case bool() | None:
            return
        case int() | float():
            yield f"{key}={item}"
        case _:
            return


def _stages(stages: dict[str, Any]) -> Iterator[str]:
    """Durations by name, as a stage trace prints them."""
    timed = ",".join(f"{name}:{ms}ms" for name, ms in stages.items() if isinstance(ms, int | float))
    if timed:
        yield f"stages={timed}"


def _cut(text: str, log: int) -> Line:
    """A line that ends too early, or is no JSON for another reason: its text without the marks of JSON."""
    times = [moment_of(found, log) for found in _CUT_TIME.findall(text)]
    plain = text.replace("\\\\", "\\").replace('\\"', '"').replace("\\n", "\n")
    return Line(best_of([one for one in times if one is not None]), plain, True, whole=True)
