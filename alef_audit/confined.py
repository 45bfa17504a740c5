"""Which files of a tree may be read: regular ones that no link leads out of the repository or the audited folder."""

import os
import stat
from pathlib import Path


def top_of(folder: Path) -> Path:
    """The top folder of the repository that `folder` lies in; itself outside of one."""
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


def may_be_read(path: Path, top: Path, limit: int) -> bool:
    """Whether `path` is, all links followed, a regular file below `top` of at most `limit` bytes. Never raises."""
    try:
        real, real_top = os.path.realpath(path), os.path.realpath(top)
        status = os.stat(real)
    except (OSError, ValueError):
        return False
    is_below = real.startswith(os.path.join(real_top, ""))
    return is_below and stat.S_ISREG(status.st_mode) and status.st_size <= limit


def read_confined(path: Path, top: Path, limit: int) -> bytes | None:
    """The bytes of a file that may be read; None for any other."""
    try:
        return path.read_bytes() if may_be_read(path, top, limit) else None
    except OSError:
        return None
