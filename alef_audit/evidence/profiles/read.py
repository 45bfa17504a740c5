"""Files of any kind that were named as evidence: profiles as a whole, logs line by line."""

from collections.abc import Callable
from typing import Final, Literal

import re2

from alef_audit import json_text
from alef_audit.diagnostics import UsageError
from alef_audit.evidence.logs import Block, CutShort, read_blocks
from alef_audit.evidence.observations import Place
from alef_audit.evidence.profiles.cpuprofile import CpuProfile, is_of_a_worker, read_cpu_profile
from alef_audit.evidence.profiles.proof import Proof, read_proof
from alef_audit.evidence.profiles.python_lines import BLOCKING, DETECTED, EXECUTING, read_detected, read_executing
from alef_audit.evidence.profiles.speedscope import Speedscope, read_speedscope
from alef_audit.evidence.profiles.sync_io import STARTS, read_sync_io
from alef_audit.evidence.screen import Line, LineNumbers, find_hits, line_at, screen_for
from alef_audit.evidence.stacks import Stack, Stacks

_WORDS: Final = (STARTS, EXECUTING, DETECTED, BLOCKING)
_HEAD: Final = 1 << 16
_MARK: Final = 200  # bytes in which a proof says that it is one
_MOST_LINES: Final = 200  # of one stack
_TRACEBACK: Final = re2.compile(r"^\s*(?:File \"|Traceback \(most recent call last\)|[~^\s]+$)|^\s{4}\S")
ProfileType = Literal["cpu-profile", "speedscope", "proof"]


def _add_cpu_profile(data: bytes, name: str, stacks: Stacks) -> None:
    profile = json_text.decode(data, CpuProfile)
    if is_of_a_worker(profile, name):
        stacks.say(f"{name} shows a worker thread: what runs there does not hold the event loop")
        return
    stacks.add_all(read_cpu_profile(profile, name))


def _add_speedscope(data: bytes, name: str, stacks: Stacks) -> None:
    found = read_speedscope(json_text.decode(data, Speedscope), name)
    if found.elsewhere:
        stacks.say(f"{name}: samples of event loops beside that of the main thread were left out: {found.elsewhere:,}")
    stacks.add_all(found.stacks)


def _add_proof(data: bytes, name: str, stacks: Stacks) -> None:
    stacks.add_all(read_proof(json_text.decode(data, Proof), name))


_READERS: Final[dict[ProfileType, Callable[[bytes, str, Stacks], None]]] = {
    "cpu-profile": _add_cpu_profile,
    "speedscope": _add_speedscope,
    "proof": _add_proof,
}


def is_profile(name: str) -> bool:
    """Whether a file holds a profile, told by how it begins. Raises CutShort."""
    return _profile_type(_head(name)) is not None


def read_profile(name: str, stacks: Stacks) -> None:
    """Add the stacks of a profile. Raises UsageError for one that cannot be read."""
    try:
        data = b"".join(block.data[: block.take] for block in read_blocks(name))
        kind = _profile_type(data[:_HEAD])
        if kind is not None:
            _READERS[kind](data, name, stacks)
    except (CutShort, json_text.NotJson) as error:
        raise UsageError(f"{name}: not a profile that can be read: {error}", "Name a whole file") from None


def read_stacks(name: str, stacks: Stacks) -> None:
    """Add the stacks that lines of a log tell, as far as it can be read."""
    screen = screen_for(_WORDS, ())
    try:
        for block in read_blocks(name):
            numbers = LineNumbers(block)
            for offset in find_hits(block, screen).offsets:
                stack = _stack_at(block, offset, numbers, name)
                if stack is not None:
                    stacks.add(stack)
    except CutShort:
        return


def _stack_at(block: Block, offset: int, numbers: LineNumbers, name: str) -> Stack | None:
    line = line_at(block, offset, numbers)
    place = Place(name, line.number)
    if STARTS in line.text:
        return read_sync_io(_behind(block, line, numbers, lambda text: "  at " in text), place)
    if EXECUTING in line.text:
        return read_executing(line.text, place)
    if DETECTED in line.text:
        return read_detected(_behind(block, line, numbers, lambda text: bool(text.strip())), place)
    return read_detected([line.text, *_before(block, line, numbers)], place)


def _behind(block: Block, line: Line, numbers: LineNumbers, goes_on: Callable[[str], bool]) -> list[str]:
    """A line and those that follow it as long as they belong to its stack; a line that says more may stand between."""
    found = [line.text]
    empty = 0
    while len(found) < _MOST_LINES and line.behind < len(block.data):
        line = line_at(block, line.behind, numbers)
        if not goes_on(line.text) and (empty := empty + 1) > 1:
            break
        if any(word in line.text for word in _WORDS):
            break
        found.append(line.text)
    return found


def _before(block: Block, line: Line, numbers: LineNumbers) -> list[str]:
    """The traceback above a line, in its order."""
    found: list[str] = []
    while line.start > 0 and len(found) < _MOST_LINES:
        line = line_at(block, line.start - 1, numbers)
        if _TRACEBACK.search(line.text) is None:
            break
        found.append(line.text)
        if "Traceback (most" in line.text:
            break
    return found[::-1]


def _head(name: str) -> bytes:
    block = next(iter(read_blocks(name)), None)
    return b"" if block is None else block.data[:_HEAD]


def _profile_type(head: bytes) -> ProfileType | None:
    if not head.lstrip().startswith(b"{"):
        return None
    if b'"alef-audit/proof/' in head[:_MARK]:
        return "proof"
    if b'"callFrame"' in head and b'"nodes"' in head:
        return "cpu-profile"
    if b"speedscope.app/file-format-schema" in head or (b'"shared"' in head and b'"frames"' in head):
        return "speedscope"
    return None
