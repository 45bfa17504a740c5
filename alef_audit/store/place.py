"""Where the store lies."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

VARIABLE: Final = "ALEF_AUDIT_CACHE_DIR"


def cache_folder(environment: Mapping[str, str]) -> Path | None:
    """The folder that the environment names, else the user's own cache folder; None if the user has no home.

    A project cannot say where it lies: what one project's audit leaves serves those of others.
    """
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
