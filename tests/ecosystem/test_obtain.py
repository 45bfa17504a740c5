"""Packages come from the cache or a registry's client, and only with the hash on the list."""

import hashlib
import tarfile
from pathlib import Path

import msgspec
import pytest

from tests.ecosystem.obtain import NotObtained, obtain
from tests.ecosystem.packages import SHIPPED, NoSuchPackage, Package, chosen, read_packages
from tests.ecosystem.test_unpack import of_type, tgz


@pytest.fixture
def archive(tmp_path: Path) -> bytes:
    return tgz(tmp_path / "a.tgz", tarfile.TarInfo("package/index.js")).read_bytes()


def package(archive: bytes, name: str = "@scope/a") -> Package:
    return Package("npm", name, "1.0.0", hashlib.sha256(archive).hexdigest())


def giving(archive: bytes, *names: str) -> "Registry":
    return Registry(archive, names or ("a.tgz",))


class Registry:
    """A client that always writes the same archive, and counts how often it was asked."""

    def __init__(self, archive: bytes, names: tuple[str, ...]) -> None:
        self.archive, self.names, self.asked = archive, names, 0

    def __call__(self, _: Package, folder: Path) -> None:
        self.asked += 1
        for name in self.names:
            (folder / name).write_bytes(self.archive)


def test_a_package_is_fetched_once(archive: bytes, tmp_path: Path) -> None:
    registry, cache = giving(archive), tmp_path / "cache"
    first = obtain(package(archive), cache, registry)
    assert [path.name for path in first.iterdir()] == ["index.js"]
    assert obtain(package(archive), cache, registry) == first
    assert registry.asked == 1


def test_another_hash(archive: bytes, tmp_path: Path) -> None:
    wanted = msgspec.structs.replace(package(archive), sha256="0" * 64)
    with pytest.raises(NotObtained, match=f"sha256 is {package(archive).sha256}, not 0000"):
        obtain(wanted, tmp_path / "cache", giving(archive))
    assert not list((tmp_path / "cache").iterdir())


def test_an_unsafe_archive_leaves_nothing(tmp_path: Path) -> None:
    bad = tgz(tmp_path / "a.tgz", tarfile.TarInfo("package/a.js"), of_type(tarfile.SYMTYPE, "/etc")).read_bytes()
    with pytest.raises(NotObtained, match="UnsafeArchive"):
        obtain(package(bad), tmp_path / "cache", giving(bad))
    assert not list((tmp_path / "cache").iterdir())


def test_no_archive_at_all(tmp_path: Path) -> None:
    with pytest.raises(NotObtained, match="ReadError"):
        obtain(package(b"text"), tmp_path / "cache", giving(b"text"))


def test_one_archive_is_expected(archive: bytes, tmp_path: Path) -> None:
    with pytest.raises(NotObtained, match="2 came"):
        obtain(package(archive), tmp_path / "cache", giving(archive, "a.tgz", "b.tgz"))


def test_the_shipped_list() -> None:
    packages = read_packages(SHIPPED)
    assert {one.ecosystem for one in packages} == {"npm", "pypi"}
    assert len({one.title for one in packages}) == len({one.sha256 for one in packages}) == len(packages)
    assert list(packages) == sorted(packages, key=lambda one: (one.ecosystem, one.name, one.version))


def test_choosing_packages() -> None:
    packages = (package(b"", "a"), package(b"", "b"))
    assert chosen(packages, ()) == packages
    assert chosen(packages, ("npm:b@",)) == packages[1:]
    with pytest.raises(NoSuchPackage, match="'c@'"):
        chosen(packages, ("a", "c@"))


@pytest.mark.parametrize("key", ["sha256 = 'abc'", f"sha256 = '{'0' * 64}'\nextra = 1"])
def test_an_error_in_a_list_names_the_key(key: str, tmp_path: Path) -> None:
    path = tmp_path / "packages.toml"
    path.write_text(f"[[package]]\necosystem = 'npm'\nname = 'a'\nversion = '1'\n{key}\n", encoding="utf-8")
    with pytest.raises(msgspec.ValidationError, match=r"sha256|extra"):
        read_packages(path)
