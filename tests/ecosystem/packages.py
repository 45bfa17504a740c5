"""The packages of the ecosystem check, read from `packages.toml`."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

SHIPPED = Path(__file__).with_name("packages.toml")

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Package(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A published package, pinned by version and by the hash of its archive."""

    ecosystem: Literal["npm", "pypi"]
    name: str
    version: str
    sha256: Sha256

    @property
    def title(self) -> str:
        """How people name it; `--only` looks for a part of this."""
        return f"{self.ecosystem}:{self.name}@{self.version}"


class _List(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    package: tuple[Package, ...]


class NoSuchPackage(Exception):
    """`--only` names nothing on the list."""


def read_packages(path: Path) -> tuple[Package, ...]:
    """The packages that a file lists, in its order. Raises OSError, and msgspec.DecodeError with the key at fault."""
    return msgspec.toml.decode(path.read_bytes(), type=_List).package


def chosen(packages: tuple[Package, ...], only: tuple[str, ...]) -> tuple[Package, ...]:
    """Those with one of `only` in their title, all without any. Raises NoSuchPackage if one of them fits nothing."""
    for part in only:
        if not any(part in package.title for package in packages):
            raise NoSuchPackage(f"no package on the list has {part!r} in its name")
    return tuple(p for p in packages if not only or any(part in p.title for part in only))
