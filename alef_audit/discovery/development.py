"""Packages and folders that serve a project's own development: scenario runners, synthetic peers, test beds.

What such a package listens to is asked by developers only, so nothing in it is an entry point.  A folder's name tells
it where it can mean nothing else (`qa-suite`); a word that products are named by, too (`qa`, `simulator`), tells it of
a private package of a larger tree whose manifest says what it is for.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from alef_audit import json_text, toml
from alef_audit.discovery.inventory import Inventory
from alef_audit.rulepack.lexicon import DevelopmentWords

_WORDS: Final = re.compile(r"[a-z0-9]+")
_PRIVATE_CLASSIFIER: Final = "Private :: "
_COVERED: Final = frozenset(("product", "cli", "script"))


class _Manifest(msgspec.Struct):
    name: str
    description: str
    private: bool


def with_development(inventory: Inventory, words: DevelopmentWords, read: Callable[[str], str | None]) -> Inventory:
    """`inventory` with the role `development` for the files of such packages and folders.

    `read` gives the text of a manifest, None if it cannot be read.
    """
    phrases = tuple(tuple(phrase.split()) for phrase in words.folders)
    known: dict[str, bool] = dict.fromkeys(_packages(inventory, words, read), True)

    def serves_development(folder: str) -> bool:
        found = known.get(folder)
        if found is None:
            outer, _, name = folder.rpartition("/")
            found = known[folder] = bool(folder) and (_has_phrase(name, phrases) or serves_development(outer))
        return found

    return msgspec.structs.replace(
        inventory,
        files=tuple(
            msgspec.structs.replace(file, role="development")
            if file.role in _COVERED and serves_development(posixpath.dirname(file.path))
            else file
            for file in inventory.files
        ),
    )


def project_names(inventory: Inventory, read: Callable[[str], str | None]) -> frozenset[str]:
    """What the program at the root of the tree is called, by its manifests: in lower case, letters and digits only."""
    found: set[str] = set()
    for name, decode in _DECODERS.items():
        manifest = decode(read(name) or "") if name in inventory.manifests else None
        if manifest is not None:
            found.add("".join(_words(manifest.name.rpartition("/")[2])))
    return frozenset(found - {""})


def _packages(inventory: Inventory, words: DevelopmentWords, read: Callable[[str], str | None]) -> Iterator[str]:
    """The folders of private packages below the root that say that they are for development."""
    marks, purposes = frozenset(words.packages), frozenset(words.purposes)
    for path in inventory.manifests:
        folder, _, name = path.rpartition("/")
        decode = _DECODERS.get(name)
        # the manifest is only read where the package's folder carries one of the words
        if not folder or decode is None or marks.isdisjoint(_words(posixpath.basename(folder))):
            continue
        manifest = decode(read(path) or "")
        if manifest is None or not manifest.private:
            continue
        named = marks.intersection(_words(f"{manifest.name} {posixpath.basename(folder)}"))
        said = {*_words(manifest.name), *_words(manifest.description)} & purposes
        if said - named or len(named) > 1:
            yield folder


def _node_manifest(text: str) -> _Manifest | None:
    try:
        manifest = json_text.decode(text, object)
    except json_text.NotJson:
        return None
    return _manifest(manifest, private=manifest.get("private") is True) if isinstance(manifest, dict) else None


def _python_manifest(text: str) -> _Manifest | None:
    try:
        project = toml.decode(text).get("project")
    except toml.NotToml:
        return None
    if not isinstance(project, dict):
        return None
    classifiers = project.get("classifiers")
    listed = classifiers if isinstance(classifiers, list) else []
    return _manifest(project, private=any(_text(one).startswith(_PRIVATE_CLASSIFIER) for one in listed))


def _manifest(fields: Mapping[str, object], *, private: bool) -> _Manifest:
    return _Manifest(_text(fields.get("name")), _text(fields.get("description")), private)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


_DECODERS: Final = {"package.json": _node_manifest, "pyproject.toml": _python_manifest}


def _has_phrase(name: str, phrases: tuple[tuple[str, ...], ...]) -> bool:
    words = _words(name)
    return any(words[at : at + len(one)] == one for one in phrases for at in range(len(words) - len(one) + 1))


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORDS.findall(text.lower()))
