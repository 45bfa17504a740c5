"""Inventories without a disk."""

from collections.abc import Callable
from pathlib import Path

import pytest

from alef_audit.discovery.inventory import GRAMMARS, Inventory, SourceFile, extension_of, is_manifest, language_of
from alef_audit.discovery.roles import role_of

MakeInventory = Callable[..., Inventory]


@pytest.fixture
def inventory_of(tmp_path: Path) -> MakeInventory:
    """An inventory of the given paths, roles told by path."""

    def make(*paths: str) -> Inventory:
        files = tuple(
            SourceFile(path, language_of(grammar), grammar, role_of(path), 1)
            for path in sorted(paths)
            if (grammar := GRAMMARS.get(extension_of(path)))
        )
        manifests = tuple(path for path in sorted(paths) if is_manifest(path))
        return Inventory(tmp_path, files, manifests, {}, ())

    return make
