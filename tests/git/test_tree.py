"""The files of a commit are written as they are stored, and nowhere else."""

import subprocess
from pathlib import Path

import pytest

from alef_audit.git.revisions import commit_of, is_inside, repository_of
from alef_audit.git.tree import export
from tests.repositories import commit, git, repository


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


def test_filters_and_hooks_of_the_repository_do_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    root = repository(tmp_path / "a", {"x.py": "1", ".gitattributes": "*.py filter=evil diff=evil\n"})
    for key in ("filter.evil.smudge", "diff.evil.textconv", "diff.evil.command", "core.fsmonitor", "diff.external"):
        git(root, "config", key, f"touch {mark}; cat")
    hook = root / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {mark}\n", encoding="utf-8")
    hook.chmod(0o755)
    assert exported(root, tmp_path / "b")["x.py"] == b"1"
    from alef_audit.git.changes import changes

    (root / "x.py").write_text("2", encoding="utf-8")
    assert changes(repository_of(root), "HEAD", None).lines == {"x.py": frozenset({1})}
    assert not mark.exists()


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/x", "a//b", "a/./b", ".git/config", "a\\b", ""])
def test_paths_that_leave_the_folder(path: str) -> None:
    assert not is_inside(path)


def test_a_tree_that_names_its_parent_is_not_followed(tmp_path: Path) -> None:
    root = repository(tmp_path / "a", {"x.py": "1"})
    blob = git(root, "hash-object", "-w", "x.py")
    entry = b"100644 ..\0" + bytes.fromhex(blob)
    raw = subprocess.run(
        ("git", "hash-object", "-w", "-t", "tree", "--literally", "--stdin"),
        cwd=root,
        input=entry,
        capture_output=True,
        check=True,
    )
    made = git(root, "commit-tree", raw.stdout.decode().strip(), "-m", "evil")
    export(repository_of(root), made, tmp_path / "b" / "c", lambda path: True, 1000)
    assert files_below(tmp_path / "b") == {}
