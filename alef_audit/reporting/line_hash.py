"""The hash by which GitHub recognises a line when the code around it moves: `primaryLocationLineHash`.

The algorithm is that of github/codeql-action (`src/fingerprints.ts`): a polynomial over the next 100 UTF-16 code units
from the line's first on, blanks and tabs left out, line ends as LF, a mark at the end of the file and zeros behind it;
64 bits, in hexadecimal, and how many equal lines stand before.
"""

from collections import Counter
from collections.abc import Collection
from typing import Final

_WINDOW: Final = 100
_BASE: Final = 37
_BITS: Final = (1 << 64) - 1
_END: Final = b"\xff\xff"  # 65535 as a code unit
_UNIT: Final = 2  # bytes
_BLANKS: Final = {ord(" "): None, ord("\t"): None}


def line_hashes(text: str, wanted: Collection[int]) -> dict[int, str]:
    """The hash of each of the lines `wanted` (1-based) of a file's `text`; lines that it does not have are left out."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").translate(_BLANKS)
    lines = plain.split("\n")
    units = plain.encode("utf-16-le", "surrogatepass") + _END
    seen: Counter[bytes] = Counter()
    found: dict[int, str] = {}
    last = max(wanted, default=0)
    start = 0
    for number, line in enumerate(lines[:last], 1):
        window = units[start : start + _WINDOW * _UNIT]
        seen[window] += 1
        if number in wanted:
            found[number] = f"{_polynomial(window):x}:{seen[window]}"
        start += len(line.encode("utf-16-le", "surrogatepass")) + _UNIT
    return found


def _polynomial(window: bytes) -> int:
    value = 0
    for at in range(0, _WINDOW * _UNIT, _UNIT):
        value = (value * _BASE + int.from_bytes(window[at : at + _UNIT], "little")) & _BITS
    return value
