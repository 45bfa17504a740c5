"""Files of packages that are too heavy to follow: over the limit for any file, or minified bundles over a lower one."""

import os
import stat

_MINIFIED_LIMIT = 1_000_000  # bytes; what is that large and minified is a program for browsers, not a library
_SAMPLE = 65_536
_LONG_LINES = 400  # bytes per line on average; hand-written code stays below 60


def too_heavy(path: str, limit: int) -> tuple[int, tuple[str, str] | None]:
    """The size of the file, and, if it is to be left out, kind and message of the diagnostic. Never raises."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return 0, ("unreadable", "not a regular file")
        size = status.st_size
        if size > limit:
            return size, ("too-large", f"{size} bytes, more than max-file-size = {limit}")
        if size > _MINIFIED_LIMIT and _is_minified(path):
            return size, ("minified", f"a minified bundle of {size} bytes, more than {_MINIFIED_LIMIT}")
    except OSError as error:
        return 0, ("unreadable", error.strerror or "cannot be read")
    return size, None


def _is_minified(path: str) -> bool:
    with open(path, "rb") as file:
        sample = file.read(_SAMPLE)
    return len(sample) > _LONG_LINES * (sample.count(b"\n") + 1)
