"""Makes a failing input small: halves are left out, then quarters, and so on, as long as it still fails alike.

After Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002), without its complements.
"""

import time
from collections.abc import Callable


def smaller(data: bytes, fails: Callable[[bytes], bool], seconds: float) -> bytes:
    """A part of `data` that still fails; the search ends after some seconds."""
    until = time.monotonic() + seconds
    size = max(1, len(data) // 2)
    while data and time.monotonic() < until:
        at, found = 0, False
        while at < len(data) and time.monotonic() < until:
            without = data[:at] + data[at + size :]
            if fails(without):
                data, found = without, True
            else:
                at += size
        if size == 1 and not found:
            break
        size = size if found and size < len(data) else max(1, size // 2)
    return data
