"""Imports that lead out of the audited tree, to files that were followed there."""

from collections.abc import Mapping

import msgspec


class Link(msgspec.Struct, frozen=True):
    """Where an import leads; `is_module`: the imported name is the module itself."""

    path: str
    is_module: bool = False


class Links(msgspec.Struct, frozen=True):
    """`targets` by (importing file, specifier, imported name); `names` of the modules in followed files.

    `submodules` maps (`__init__.py` of a followed package, name) to the file of that submodule.
    """

    targets: Mapping[tuple[str, str, str], Link]
    names: Mapping[str, str]
    submodules: Mapping[tuple[str, str], str]


NO_LINKS = Links({}, {}, {})
