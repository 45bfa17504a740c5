"""Where the store lies."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

VARIABLE: Final = "ALEF_AUDIT_CACHE_DIR"


def cache_folder(environment: Mapping[str, str]) -> Path | None:
    """The folder that the environment names, else the user's own cache folder.

    None if the user has no home, or others may write there: they could say what audits find.  A project cannot say
    where it lies: what one project's audit leaves serves those of others.
    """
    folder = _folder(environment)
    return folder if folder is not None and _is_own(folder) else None


def _is_own(folder: Path) -> bool:
    """Whether nobody else can have written there. In containers root works in folders of others."""
    if os.name == "nt":
        return True
    try:
        status = os.stat(folder)
    except OSError:
        return True  # there is nothing yet
    return os.geteuid() in (0, status.st_uid) and not status.st_mode & stat.S_IWOTH


def _folder(environment: Mapping[str, str]) -> Path | None:
    named = environment.get(VARIABLE)
    if named:
        return Path(named).absolute()
    # imported late: most runs of most commands do without
    from platformdirs import user_cache_path

    try:
        folder = user_cache_path("alef-audit", appauthor=False)
    except (RuntimeError, OSError):
        return None
    return folder if folder.is_absolute() else None
