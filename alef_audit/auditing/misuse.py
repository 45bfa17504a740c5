"""The rules whose findings are no blocking calls: what they are worth and what is said of them."""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from alef_audit.auditing import missed_await, pending_send
from alef_audit.auditing.levels import Judge
from alef_audit.callgraph.graph import CALLBACK, SinkSite
from alef_audit.rulepack.kinds import Cost, Kinds, SinkKind
from alef_audit.rulepack.pattern import Pattern

# Guards keep work off the loop. They change nothing about an answer that is not waited for, or a peer that is gone.
MISUSES: Final[frozenset[SinkKind]] = frozenset((missed_await.KIND, pending_send.KIND))
# What such a finding weighs in the order of findings, as if it blocked for so long.
_WEIGHT: Final[Mapping[SinkKind, Cost]] = {missed_await.KIND: "seconds", pending_send.KIND: "milliseconds"}


def judges(pattern: Pattern, kinds: Kinds) -> Mapping[SinkKind, Judge]:
    """By kind of misuse that the pattern reports: a judge with the levels of its rule, who heeds no guard."""
    levels = {rule.id: rule.levels for rule in pattern.rules}
    return {
        kind: Judge(replace(pattern, discharged_by=(), mitigated_by=(), levels=levels[kinds.sink[kind].rule]))
        for kind in sorted(MISUSES)
        if kinds.sink[kind].rule in levels
    }


def weight(sink: SinkSite) -> Cost:
    return _WEIGHT.get(sink.kind, sink.cost)


def message_of(sink: SinkSite, language: str) -> str:
    """What is wrong at the call; "" for blocking calls."""
    promise = "coroutine" if language == "python" else "promise"
    if sink.kind == missed_await.KIND and sink.how == CALLBACK:
        return f"{sink.text} takes the {promise}s that its asynchronous check gives for answers: all of them say yes"
    if sink.kind == missed_await.KIND:
        return f"the {promise} of {sink.text} is tested in place of its answer: an await is missing"
    if sink.kind == pending_send.KIND:
        return f"{sink.text} runs after {sink.after} has blocked the event loop, without a look at the connection"
    return ""
