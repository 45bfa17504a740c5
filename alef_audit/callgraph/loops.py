"""Which loops multiply: a loop over data does, a retry loop or a loop over three literals does not."""

import re
from typing import Final

WHILE: Final = "while"
_FEW: Final = re.compile(r"\[.*|\(.*|range\(\d\)|new Set\(\[.*")


def multiplies(over: str) -> bool:
    """Whether a loop over `over` (source text, "while" for loops without a collection) runs as often as
    there is data.
    """
    return bool(over) and over != WHILE and not _FEW.match(over)
