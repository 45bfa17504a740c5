"""The whole report of an audit, for as long as nothing that it depends on has changed."""

import hashlib
import zlib
from pathlib import Path
from typing import Final

import msgspec

from alef_audit.auditing.report import AuditReport
from alef_audit.pipeline.surveying import Survey, digests_again
from alef_audit.request import AuditRequest
from alef_audit.resolution.python import outer_name
from alef_audit.rulepack.load import bundled_rules
from alef_audit.source import content_digest
from alef_audit.store.database import Item, Store, forget, keep, recall
from alef_audit.store.versions import tool_version

# What of a request says how an audit works and nothing of what it finds.
NOT_ASKED: Final = frozenset(("jobs", "cache", "lasts"))
_ABSENT: Final = b""
# Kinds of remarks on files that were there and readable a moment before.
_ACCIDENTS: Final = frozenset(("internal", "unfinished", "unreadable"))


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """A report, the state of everything it was made from, and what was read beyond that: digests by path.

    What was read beyond follows from the state (a `tsconfig.json` names another): as long as both are the same, an
    audit would read the same again.
    """

    state: bytes
    beyond: dict[str, bytes]
    report: msgspec.Raw


def state_of(request: AuditRequest, surveyed: Survey) -> bytes | None:
    """Identifies everything that the report depends on and that is known beforehand; None if not all of it can be."""
    if request.cache is None or request.follow is not None:
        return None
    if request.evidence:  # logs grow
        return None
    if any(surveyed.digests.get(file.path, b"") is None for file in surveyed.inventory.files):
        return None  # a source that was there a moment before; a manifest that cannot be read is as good as none
    try:
        tool = tool_version((bundled_rules(), *request.rules))
    except OSError:
        return None  # the audit says what is wrong with the rules
    inventory = surveyed.inventory
    tree = msgspec.msgpack.encode(
        (
            inventory.files,
            inventory.manifests,
            inventory.not_read,
            inventory.diagnostics,
            surveyed.versions,
            outer_name(inventory),
            surveyed.digests,
        )
    )
    return hashlib.blake2b(b"\0".join((tool, content_digest(_question(request)), tree))).digest()


def recall_report(request: AuditRequest, surveyed: Survey, state: bytes | None) -> AuditReport | None:
    """The report that an audit of a tree in this state would come to, if that is known."""
    if request.cache is None or state is None:
        return None
    store, key = Store(request.cache), _key(request)
    data = recall(store, [key]).get(key)
    if data is None:
        return None
    try:
        kept = msgspec.msgpack.decode(zlib.decompress(data), type=_Kept)
        if kept.state != state or any(_digest(surveyed.read(path)) != was for path, was in kept.beyond.items()):
            return None
        return msgspec.msgpack.decode(kept.report, type=AuditReport)
    except (msgspec.MsgspecError, zlib.error):
        forget(store, [key])
        return None


def keep_report(request: AuditRequest, surveyed: Survey, state: bytes | None, report: AuditReport) -> None:
    """Keep the report, unless a file changed or could not be understood. One is kept for each tree and question."""
    if request.cache is None or state is None or _had_an_accident(surveyed, report):
        return
    if digests_again(surveyed) != surveyed.digests:
        return
    beyond = {path: _digest(text) for path, text in surveyed.texts.items() if path not in surveyed.digests}
    kept = _Kept(state, beyond, msgspec.Raw(msgspec.msgpack.encode(report)))
    # a twelfth of the size for a tenth of the time that it takes to write the report
    data = zlib.compress(msgspec.msgpack.encode(kept), level=1)
    keep(Store(request.cache), [Item(_key(request), "report", data)])


def _had_an_accident(surveyed: Survey, report: AuditReport) -> bool:
    """Whether something went wrong that the next audit may be spared: memory or a disk that failed, say."""
    expected = {(one.path, one.kind) for one in surveyed.inventory.diagnostics}
    return any(one.kind in _ACCIDENTS and (one.path, one.kind) not in expected for one in report.diagnostics)


def _key(request: AuditRequest) -> bytes:
    return content_digest(b"report\0" + _question(request))


def _question(request: AuditRequest) -> bytes:
    """Every field of the request, those to come included, but for those that decide nothing."""
    asked = {name: getattr(request, name) for name in request.__struct_fields__ if name not in NOT_ASKED}
    return msgspec.json.encode(asked, enc_hook=_plain, order="deterministic")


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    return dict(value)  # type: ignore[call-overload]  # a mapping; anything else is an error


def _digest(text: str | None) -> bytes:
    return _ABSENT if text is None else content_digest(text.encode("utf-8", "surrogatepass"))
