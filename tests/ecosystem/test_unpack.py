"""Archives from strangers: what is unpacked, and what makes an archive unusable."""

import io
import tarfile
import zipfile
from pathlib import Path
from stat import S_IFLNK

import pytest

from tests.ecosystem.unpack import UnsafeArchive, unpack

OUTSIDE = ("../evil.js", "/evil.js", "package/../../evil.js", "..\\evil.js", "C:\\evil.js", "\\\\host\\share\\evil.js")


def tgz(path: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            member.size = 3 if member.isreg() else 0
            archive.addfile(member, io.BytesIO(b"a;\n"))
    return path


def of_type(kind: bytes, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo("package/odd")
    member.type, member.linkname = kind, target
    return member


def written(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "inner" / "target"
    folder.mkdir(parents=True)
    return folder


def test_files_of_a_tar_archive(tmp_path: Path, target: Path) -> None:
    names = ("package/index.js", "package/lib/a.js")
    unpack(tgz(tmp_path / "a.tgz", of_type(tarfile.DIRTYPE), *map(tarfile.TarInfo, names)), target)
    assert written(target) == sorted(names)
    assert (target / names[0]).read_bytes() == b"a;\n"


def test_files_of_a_wheel(tmp_path: Path, target: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as archive:
        archive.mkdir("pkg")
        archive.writestr("pkg/__init__.py", "import os\n")
    unpack(tmp_path / "a.whl", target)
    assert written(target) == ["pkg/__init__.py"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_names_that_lead_out_of_the_folder(name: str, tmp_path: Path, target: Path) -> None:
    archives = [tgz(tmp_path / "a.tgz", tarfile.TarInfo(name)), tmp_path / "a.whl"]
    with zipfile.ZipFile(archives[1], "w") as archive:
        archive.writestr(name, "x")
    for one in archives:
        with pytest.raises(UnsafeArchive, match="leads out"):
            unpack(one, target)
    assert written(tmp_path) == ["a.tgz", "a.whl"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_what_is_no_regular_file(kind: bytes, tmp_path: Path, target: Path) -> None:
    with pytest.raises(UnsafeArchive, match="no regular file"):
        unpack(tgz(tmp_path / "a.tgz", of_type(kind, "package/index.js")), target)
    assert not written(target)


def test_links_in_a_wheel(tmp_path: Path, target: Path) -> None:
    link = zipfile.ZipInfo("pkg/link")
    link.external_attr = (S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as archive:
        archive.writestr(link, "/etc")
    with pytest.raises(UnsafeArchive, match="is a link"):
        unpack(tmp_path / "a.whl", target)


def test_two_files_of_one_name(tmp_path: Path, target: Path) -> None:
    with pytest.raises(FileExistsError):
        unpack(tgz(tmp_path / "a.tgz", tarfile.TarInfo("a.js"), tarfile.TarInfo("./a.js")), target)
