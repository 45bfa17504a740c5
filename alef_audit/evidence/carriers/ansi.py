"""Terminal colours in logs that were written for a terminal."""

import re
from typing import Final

# CSI sequences (ECMA-48, 5.4) and the ones that set a window's title or a link.
_SEQUENCES: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]")


def without_colours(text: str) -> str:
    return str(_SEQUENCES.sub("", text)) if "\x1b" in text else text
