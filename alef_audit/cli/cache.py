"""`audit cache info|clear`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import typer

from alef_audit.cli.errors import OK, guarded

if TYPE_CHECKING:
    from alef_audit.store.database import Store

cache_app = typer.Typer(
    name="cache", help="What earlier audits left for later ones.", no_args_is_help=True, rich_markup_mode=None
)

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "facts": ("file", "files"),
    "report": ("report", "reports"),
    "tree": ("tree", "trees"),
}


@cache_app.callback()
def cache() -> None:
    """What earlier audits left for later ones."""


@cache_app.command()
@guarded
def info() -> int:
    """Where the cache lies, how large it is and what it holds."""
    from alef_audit.reporting.escape import clean
    from alef_audit.reporting.words import count
    from alef_audit.store.database import contents

    store = _store()
    found = contents(store)
    held = ", ".join(count(number, *_WORDS.get(what, (what,))) for what, number in found.entries.items())
    typer.echo(f"{clean(str(store.file))}: {found.size / 1e6:.1f} of {store.limit / 1e6:.0f} MB")
    typer.echo(held or "empty")
    return OK


@cache_app.command("clear")
@guarded
def clear_all() -> int:
    """Remove everything."""
    from alef_audit.diagnostics import UsageError
    from alef_audit.reporting.escape import clean
    from alef_audit.store.database import clear, contents

    store = _store()
    size = contents(store).size
    if not clear(store):
        raise UsageError(f"{store.file} cannot be removed", "Remove it by hand")
    typer.echo(f"{clean(str(store.file))}: {size / 1e6:.1f} MB removed")
    return OK


def _store() -> "Store":
    import os

    from alef_audit.diagnostics import UsageError
    from alef_audit.store.database import Store
    from alef_audit.store.place import VARIABLE, cache_folder

    folder = cache_folder(os.environ)
    if folder is None:
        raise UsageError(
            "there is no folder to keep a cache in: no home, or one that other users may write to",
            f"Name a folder of your own: {VARIABLE}=DIR",
        )
    return Store(folder)
