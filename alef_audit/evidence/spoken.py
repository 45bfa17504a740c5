"""Which findings the lines of a gateway's log speak of: stages and warm-ups have names, functions have others."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from alef_audit.auditing import report
from alef_audit.auditing.phase import split_words
from alef_audit.evidence.gathered import Gathered
from alef_audit.evidence.observations import Place
from alef_audit.rulepack.pattern import Link, Signature

_PARTS: Final = re.compile(r"[._-]")
_FEWEST_WORDS: Final = 2  # of a stage whose name alone tells the function: "hooks" could be anything


class _Stage(NamedTuple):
    """A stage of embedded runs: the longest, and in how many runs it took long."""

    words: tuple[str, ...]
    ms: float
    place: Place
    runs: int


class Spoken:
    """What the lines say, ready to be compared with findings."""

    def __init__(self, seen: Gathered, signature: Signature) -> None:
        self._links = signature.links
        least = signature.limits.symptom_ms if signature.limits is not None else float("inf")
        self._stages = tuple(_stages(seen, least))
        auth = [run for run in seen.runs if (run.auth_ms or 0.0) >= least]
        worst = max(auth, key=lambda run: run.auth_ms or 0.0, default=None)
        warm = [one for one in seen.warm_ups if max(one.ms, one.loop_max_ms) >= least]
        slowest = max(warm, key=lambda one: one.ms, default=None)
        self._lines: dict[str, report.Evidence] = {}
        if worst is not None and worst.auth_ms is not None:
            total = f" of {worst.total_ms / 1000:.1f} s" if worst.total_ms else ""
            text = f"auth stage of {len(auth)} embedded run{'s' * (len(auth) > 1)}, at most "
            text += f"{worst.auth_ms / 1000:.1f} s{total}"
            self._lines["auth-stage"] = _evidence("stage", worst.place, text, worst.auth_ms, len(auth))
        if slowest is not None:
            text = f"{len(warm)} warm-up{'s' * (len(warm) > 1)} of provider authentication, the loop held for up to "
            text += f"{max(one.loop_max_ms for one in warm) / 1000:.1f} s"
            self._lines["warm-up"] = _evidence("warm-up", slowest.place, text, slowest.ms, len(warm))

    def about(self, finding: report.Finding, roots: Sequence[report.Root]) -> Iterator[report.Evidence]:
        """What the lines say of a finding; nothing of calls that take microseconds, for stages take seconds."""
        if finding.sink.cost == "microseconds":
            return
        names = [frozenset(split_words(frame.function)) for frame in finding.trace]
        for link in self._links:
            line = self._lines.get(link.line)
            if line is not None and _is_meant(link, finding, roots[finding.root], names):
                yield line
        for stage in self._stages:
            if any(words.issuperset(stage.words) for words in names):
                text = f"stage {'-'.join(stage.words)} of {stage.runs} embedded run{'s' * (stage.runs > 1)}"
                yield _evidence("stage", stage.place, text, stage.ms, stage.runs)


def _is_meant(link: Link, finding: report.Finding, root: report.Root, names: Sequence[frozenset[str]]) -> bool:
    if (finding.phase == "auth") != (link.phase == "auth"):
        return False
    wanted = [phrase.split() for phrase in link.words]
    return root.kind in link.roots or any(words.issuperset(phrase) for words in names for phrase in wanted)


def _stages(seen: Gathered, least: float) -> Iterator[_Stage]:
    found: dict[tuple[str, ...], _Stage] = {}
    for run in seen.runs:
        for stage in run.stages:
            words = tuple(word.lower() for word in _PARTS.split(stage.name) if word)
            if stage.ms < least or len(words) < _FEWEST_WORDS:
                continue
            known = found.get(words)
            if known is None or stage.ms > known.ms:
                found[words] = _Stage(words, stage.ms, run.place, 1 + (known.runs if known is not None else 0))
            else:
                found[words] = known._replace(runs=known.runs + 1)
    yield from found.values()


def _evidence(kind: str, place: Place, text: str, ms: float, count: int) -> report.Evidence:
    return report.Evidence(kind, place.log, place.line, text, ms, count)
