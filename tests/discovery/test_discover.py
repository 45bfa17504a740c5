"""Inventories of small trees: ignore rules, output folders, links, caps, explicit paths."""

import os
import subprocess
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from alef_audit.config import Config
from alef_audit.discovery.discover import discover
from alef_audit.discovery.inventory import Inventory, relative_posix
from alef_audit.discovery.published import entry_files


def tree(root: Path, *paths: str, **contents: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(contents.get(path, "x = 1\n"), encoding="utf-8")
    return root


def put(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


def paths(inventory: Inventory) -> list[str]:
    return [one.path for one in inventory.files]


def git(root: Path, *arguments: str) -> None:
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments]
    subprocess.run(command, cwd=root, check=True, capture_output=True)


def test_languages_grammars_and_order(tmp_path: Path) -> None:
    names = ["b.ts", "a.py", "c.tsx", "d.mts", "e.cts", "f.js", "g.mjs", "h.cjs", "i.jsx", "j.d.ts", "k.pyi", "l.txt"]
    inventory = discover(tree(tmp_path, *names), Config())
    assert paths(inventory) == sorted(names[:-1])
    grammars = {one.path: (one.language, one.grammar) for one in inventory.files}
    assert grammars["a.py"] == ("python", "python")
    assert grammars["c.tsx"] == ("ecmascript", "tsx")
    assert grammars["d.mts"] == ("ecmascript", "typescript")
    assert grammars["i.jsx"] == ("ecmascript", "javascript")
    assert {one.path for one in inventory.files if one.role == "types"} == {"j.d.ts", "k.pyi"}
    assert inventory.files[0].size == 6


def test_what_is_not_read_is_counted(tmp_path: Path) -> None:
    tree(tmp_path, "a.vue", "b.vue", "c.svelte", "d.ipynb", "e.astro", "big.py", "ok.py")
    put(tmp_path, "big.py", "x" * 100)
    inventory = discover(tmp_path, Config(max_file_size=50))
    assert inventory.not_read == {".astro": 1, ".ipynb": 1, ".svelte": 1, ".vue": 2, "too large": 1}
    assert paths(inventory) == ["ok.py"]
    assert [(one.path, one.kind) for one in inventory.diagnostics] == [("big.py", "too-large")]


def test_an_empty_or_missing_folder(tmp_path: Path) -> None:
    assert discover(tmp_path, Config()).files == ()
    assert discover(tmp_path / "nowhere", Config()).files == ()


def test_manifests(tmp_path: Path) -> None:
    names = ["package.json", "tsconfig.base.json", "a/jsconfig.json", "pnpm-workspace.yaml", "yarn.lock", "setup.cfg"]
    names += ["x-1.dist-info/METADATA", "a/METADATA", "PKG-INFO", "requirements-dev.txt", "uv.lock", "data.json"]
    inventory = discover(tree(tmp_path, *names), Config())
    assert set(inventory.manifests) == set(names) - {"a/METADATA", "data.json"}
    assert list(inventory.manifests) == sorted(inventory.manifests)


def test_folders_that_are_never_entered(tmp_path: Path) -> None:
    tree(tmp_path, "a.py", "node_modules/x/i.js", ".venv/l.py", "__pycache__/a.py", "env/l.py", "env/pyvenv.cfg")
    tree(tmp_path, "venv/kept.py", "lib/site-packages/x.py", ".next/server/x.js", ".tox/py/x.py")
    assert paths(discover(tmp_path, Config())) == ["a.py", "venv/kept.py"]


def test_unless_the_root_is_in_one(tmp_path: Path) -> None:
    tree(tmp_path, "node_modules/x/i.js", "node_modules/x/dist/i.js", "node_modules/x/node_modules/y/i.js")
    tree(tmp_path, ".venv/lib/site-packages/pkg/m.py", ".venv/pyvenv.cfg")
    assert paths(discover(tmp_path / "node_modules/x", Config())) == ["dist/i.js", "i.js"]
    assert paths(discover(tmp_path / "node_modules", Config())) == ["x/dist/i.js", "x/i.js"]
    assert paths(discover(tmp_path / ".venv/lib/site-packages", Config())) == ["pkg/m.py"]
    assert paths(discover(tmp_path, Config(), (Path("node_modules/x"),)))[-1] == "node_modules/x/i.js"


def test_gitignore_without_git(tmp_path: Path) -> None:
    put(tmp_path, ".gitignore", "*.gen.py\n/top.py\nlogs/\n!keep.gen.py\n[\n[c-a]\n")
    put(tmp_path, "a/.gitignore", "!x.gen.py\nlocal.py\n")
    tree(tmp_path, "a.gen.py", "keep.gen.py", "top.py", "logs/x.py", "a/top.py", "a/x.gen.py", "a/local.py", "local.py")
    assert paths(discover(tmp_path, Config())) == ["a/top.py", "a/x.gen.py", "keep.gen.py", "local.py"]


def test_git_decides_inside_a_repository(tmp_path: Path) -> None:
    put(tmp_path, ".gitignore", "ignored/\ntracked.py\n")
    tree(tmp_path, "a.py", "tracked.py", "new.py", "ignored/x.py", "sub/b.py", "gone.py", "\u00e9 \u00fc.py")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-f", "a.py", "tracked.py", "sub/b.py", "gone.py")
    (tmp_path / "gone.py").unlink()
    assert paths(discover(tmp_path, Config())) == ["a.py", "new.py", "sub/b.py", "tracked.py", "\u00e9 \u00fc.py"]
    assert paths(discover(tmp_path / "sub", Config())) == ["b.py"]
    assert paths(discover(tmp_path / "ignored", Config())) == ["x.py"]
    assert paths(discover(tmp_path, Config(), (Path("ignored"),))) == ["ignored/x.py"]


def test_repositories_inside_a_repository(tmp_path: Path) -> None:
    tree(tmp_path, "a.py", "nested/b.py", "nested/.gitignore")
    put(tmp_path, "nested/.gitignore", "c.py\n")
    tree(tmp_path, "nested/c.py")
    git(tmp_path, "init", "-q")
    git(tmp_path / "nested", "init", "-q")
    assert paths(discover(tmp_path, Config())) == ["a.py", "nested/b.py"]
    git(tmp_path / "nested", "add", ".")
    git(tmp_path / "nested", "commit", "-qm", "x")
    git(tmp_path, "add", "nested")
    assert paths(discover(tmp_path, Config())) == ["a.py", "nested/b.py"]


def test_globs(tmp_path: Path) -> None:
    tree(tmp_path, "src/a.py", "src/legacy/b.py", "other/c.py", "legacy/d.py")
    assert paths(discover(tmp_path, Config(exclude=("legacy/",)))) == ["other/c.py", "src/a.py"]
    assert paths(discover(tmp_path, Config(include=("/src/**",), exclude=("/src/legacy",)))) == ["src/a.py"]


def test_one_file_and_several_paths(tmp_path: Path) -> None:
    tree(tmp_path, "package.json", "a/b.ts", "a/c.ts", "a/tsconfig.json", "d/e.ts", "f.py")
    single = discover(tmp_path / "a/b.ts", Config())
    assert (single.root, paths(single), single.manifests) == (tmp_path / "a", ["b.ts"], ("tsconfig.json",))
    some = discover(tmp_path, Config(), (Path("a/b.ts"), tmp_path / "d", Path("nowhere.ts"), Path("../x.ts")))
    assert paths(some) == ["a/b.ts", "d/e.ts"]
    assert some.manifests == ("a/tsconfig.json", "package.json")


@pytest.mark.parametrize("name", ["dist", "build", "out", "lib"])
def test_output_is_skipped_only_beside_its_sources(tmp_path: Path, name: str) -> None:
    tree(tmp_path, "package.json", "src/a.ts", "src/b/c.ts", f"{name}/a.js", f"{name}/b/c.js", f"{name}/a.d.ts")
    unpacked = paths(discover(tmp_path, Config()))
    assert f"{name}/a.js" in unpacked
    put(tmp_path, "package-lock.json", "{}")
    assert paths(discover(tmp_path, Config())) == ["src/a.ts", "src/b/c.ts"]
    assert f"{name}/a.js" in paths(discover(tmp_path, Config(), (Path(name),)))
    (tmp_path / "package.json").unlink()
    assert f"{name}/a.js" in paths(discover(tmp_path, Config()))


def test_hand_written_folders_of_such_names_are_kept(tmp_path: Path) -> None:
    tree(tmp_path, "package.json", "yarn.lock", "src/a.ts", "lib/other.js", "build/webpack.js", "out/x.ts", "out/a.js")
    kept = ["build/webpack.js", "lib/other.js", "out/a.js", "out/x.ts", "src/a.ts"]
    assert paths(discover(tmp_path, Config())) == kept


def test_output_of_a_workspace_package(tmp_path: Path) -> None:
    tree(tmp_path, "package.json", "pnpm-lock.yaml", "p/a/package.json", "p/a/src/i.ts", "p/a/dist/i.js")
    assert paths(discover(tmp_path, Config())) == ["p/a/src/i.ts"]


def test_setuptools_output(tmp_path: Path) -> None:
    tree(tmp_path, "pyproject.toml", "pkg/a.py", "build/lib/pkg/a.py")
    assert paths(discover(tmp_path, Config())) == ["pkg/a.py"]
    tree(tmp_path, "build/make.py")
    assert "build/make.py" in paths(discover(tmp_path, Config()))


def test_commands_of_packages(tmp_path: Path) -> None:
    put(tmp_path, "package.json", '{"bin": {"x": "./bin/x.js", "y": "dist/commands/y.js", "z": "dist/index.js"}}')
    tree(tmp_path, "bin/x.js", "bin/other.js", "src/commands/y.ts", "src/index.ts")
    put(tmp_path, "broken/package.json", "{")
    roles = {one.path: one.role for one in discover(tmp_path, Config()).files}
    assert roles == {"bin/other.js": "script", "bin/x.js": "cli", "src/commands/y.ts": "cli", "src/index.ts": "product"}


def test_a_build_folder_that_is_published_is_output(tmp_path: Path) -> None:
    put(tmp_path, "package.json", '{"exports": {".": {"import": "./build/index.js"}}}')
    put(tmp_path, "tool/package.json", '{"main": "index.js"}')
    tree(tmp_path, "build/index.js", "build/cli/run.js", "tool/build/pack.js", "tool/index.js")
    roles = {one.path: one.role for one in discover(tmp_path, Config()).files}
    assert roles == {
        "build/cli/run.js": "cli",
        "build/index.js": "product",
        "tool/build/pack.js": "build",
        "tool/index.js": "product",
    }


def test_entry_files_of_packages(tmp_path: Path) -> None:
    put(tmp_path, "package.json", '{"main": "dist/index.js", "exports": {"./x": ["./lib/x.js"]}}')
    put(tmp_path, "p/package.json", "{}")
    put(tmp_path, "broken/package.json", "{")
    tree(tmp_path, "src/index.ts", "lib/x.js", "lib/y.js", "p/index.js", "a/__init__.py", "a/b/__init__.py", "a/c.py")
    found = entry_files(discover(tmp_path, Config()), lambda path: (tmp_path / path).read_text())
    assert found == {"src/index.ts", "lib/x.js", "p/index.js", "a/__init__.py"}


@pytest.mark.skipif(sys.platform == "win32", reason="links need privileges")
def test_links(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", "a.py", "sub/b.py")
    outside = tree(tmp_path / "outside", "secret.py", "folder/x.py")
    (root / "loop").symlink_to(root)
    (root / "sub/self").symlink_to(root / "sub/self")
    (root / "again.py").symlink_to("a.py")
    (root / "out.py").symlink_to(outside / "secret.py")
    (root / "outdir").symlink_to(outside / "folder")
    (root / "broken.py").symlink_to("nothing.py")
    for in_git in (False, True):
        if in_git:
            git(root, "init", "-q")
        inventory = discover(root, Config())
        assert paths(inventory) == ["a.py", "sub/b.py"]
        assert inventory.not_read == {"symlink outside": 2, "unreadable": 1}
        assert [one.path for one in inventory.diagnostics] == ["broken.py"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need privileges")
def test_two_links_to_one_unlisted_file_count_once(tmp_path: Path) -> None:
    tree(tmp_path, "node_modules/x/i.js", "a.js")
    (tmp_path / "l1.js").symlink_to("node_modules/x/i.js")
    (tmp_path / "l2.js").symlink_to("node_modules/x/i.js")
    assert paths(discover(tmp_path, Config())) == ["a.js", "l1.js"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")
def test_pipes_and_names_that_are_not_text(tmp_path: Path) -> None:
    tree(tmp_path, "a.py")
    os.mkfifo(tmp_path / "pipe.py")
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.py")).touch()
    except OSError:
        pytest.skip("the file system refuses such names")
    inventory = discover(tmp_path, Config())
    assert paths(inventory) == ["a.py"]
    assert inventory.not_read == {"not a regular file": 1, "unreadable": 1}
    assert inventory.diagnostics[0].path == "caf\\xe9.py"


def test_paths_have_forward_slashes_on_every_platform() -> None:
    assert relative_posix(PureWindowsPath(r"C:\Work\app\src\a.py"), PureWindowsPath(r"c:\work\APP")) == "src/a.py"
    assert relative_posix(PurePosixPath("/work/app"), PurePosixPath("/work/app")) == ""
    with pytest.raises(ValueError, match="is not"):
        relative_posix(PureWindowsPath(r"D:\x.py"), PureWindowsPath(r"C:\work"))


def test_the_result_does_not_depend_on_creation_order(tmp_path: Path) -> None:
    names = [f"d{index}/f{index}.py" for index in range(20)]
    first = discover(tree(tmp_path / "one", *names), Config())
    second = discover(tree(tmp_path / "two", *reversed(names)), Config())
    assert first.files == second.files
