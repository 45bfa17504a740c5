"""Paths of files as runtimes write them."""

from urllib.parse import unquote


def parts_of(file: str) -> list[str]:
    """The parts of a path or a `file://` URL; none of a built-in module's name."""
    if file.startswith(("node:", "<")):
        return []
    path = unquote(file.removeprefix("file://")) if file.startswith("file://") else file
    path = path.split("?", 1)[0] if "://" in file else path
    return [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
