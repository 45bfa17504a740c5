"""The files of a commit are written as they are stored; see tests/hostile for those that mean to lead elsewhere."""

from pathlib import Path

from alef_audit.git.revisions import commit_of, repository_of
from alef_audit.git.tree import export
from tests.repositories import commit, repository


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def exported(root: Path, folder: Path, limit: int = 1000) -> dict[str, bytes]:
    found = repository_of(root)
    export(found, commit_of(found, "HEAD"), folder, lambda path: True, limit)
    return files_below(folder)


def test_files_links_and_large_ones(tmp_path: Path) -> None:
    root = repository(tmp_path / "a", {"src/ä b.py": "x = 1\r\n", "large.py": "#" * 2000})
    (root / "link.py").symlink_to("/etc/passwd")
    (root / "out").symlink_to("/tmp")
    commit(root, {})
    assert exported(root, tmp_path / "b") == {"src/ä b.py": b"x = 1\r\n"}


def test_only_what_lies_below_the_folder(tmp_path: Path) -> None:
    root = repository(tmp_path / "a", {"one/x.py": "1", "two/y.py": "2", "*/z.py": "3"})
    assert exported(root / "one", tmp_path / "b") == {"x.py": b"1"}
    assert exported(root / "*", tmp_path / "c") == {"z.py": b"3"}
