"""Finds folders of build output whose sources lie in the same tree, so that nothing is audited twice."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from alef_audit.discovery.inventory import extension_of

_OUTPUT_NAMES = ("dist", "build", "out", "lib")
_COMPILED = frozenset({".js", ".mjs", ".cjs"})
_WRITTEN = frozenset({".ts", ".mts", ".cts", ".tsx", ".jsx"})
# none of these is part of a package that was published to a registry and unpacked
_CHECKOUT_MARKS = (".git", ".gitignore", "package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb")


def output_folders(paths: Sequence[str], in_checkout: bool) -> frozenset[str]:
    """Folders (with their slash) among sorted `paths` that only repeat what is written beside them.

    `in_checkout`: the root itself is a working copy.  An unpacked package keeps its output: that is what runs.
    """
    known = frozenset(paths)
    return frozenset(
        f"{parent}{name}/"
        for parent, name in _candidates(paths)
        if (name == "build" and _is_setuptools(paths, known, parent))
        or (_is_own_package(known, parent, in_checkout) and _repeats(paths, f"{parent}{name}/", f"{parent}src/"))
    )


def _candidates(paths: Sequence[str]) -> list[tuple[str, str]]:
    found = set()
    for path in paths:
        if extension_of(path) not in _COMPILED and not path.endswith(".py"):
            continue
        for name in _OUTPUT_NAMES:
            at = ("/" + path).find(f"/{name}/")
            if at >= 0:
                found.add((path[:at], name))
    return sorted(found)


def _is_own_package(known: frozenset[str], parent: str, in_checkout: bool) -> bool:
    """Whether `parent` is a package that is developed here, not one that was unpacked."""
    if f"{parent}package.json" not in known:
        return False
    if in_checkout:
        return True
    folders = parent.split("/")[:-1]
    above = ["/".join(folders[:count]) + "/" if count else "" for count in range(len(folders), -1, -1)]
    return any(folder + mark in known for folder in above for mark in _CHECKOUT_MARKS)


def _is_setuptools(paths: Sequence[str], known: frozenset[str], parent: str) -> bool:
    described = any(parent + name in known for name in ("setup.py", "pyproject.toml", "setup.cfg"))
    inside = (path[len(parent) + len("build/") :] for path in below(paths, f"{parent}build/"))
    return described and all(path.startswith(("lib", "bdist.")) for path in inside)


def _repeats(paths: Sequence[str], folder: str, source: str) -> bool:
    """Whether `folder` holds compiled files only and `source` what they were compiled from.

    `dist` says so by its name (a bundler may have renamed everything); other names need the same files on both sides.
    """
    compiled, written = [], set()
    for path in below(paths, folder):
        extension = extension_of(path)
        if extension in _WRITTEN and ".d." not in path:
            return False
        if extension in _COMPILED:
            compiled.append(_stem(path[len(folder) :]))
    for path in below(paths, source):
        if (extension_of(path) in _WRITTEN and ".d." not in path) or extension_of(path) in _COMPILED:
            written.add(_stem(path[len(source) :]))
    if not written:
        return False
    return folder.endswith("dist/") or sum(stem in written for stem in compiled) * 2 >= len(compiled)


def _stem(path: str) -> str:
    for layer in ("esm/", "cjs/", "src/"):
        path = path.removeprefix(layer)
    return path[: len(path) - len(extension_of(path))]


def below(paths: Sequence[str], folder: str) -> Iterator[str]:
    """The entries of sorted `paths` that start with `folder`."""
    for index in range(bisect_left(paths, folder), len(paths)):
        if not paths[index].startswith(folder):
            return
        yield paths[index]
