"""Nothing outside of the audited tree is read or written because the tree says so."""

import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from alef_audit.git.revisions import is_inside, repository_of
from alef_audit.git.tree import export
from tests.hostile.attacker import CANARY, HOT, Attack, Ran, write
from tests.repositories import commit, git, repository
from tests.rows import attack as row

FORMATS = ("text", "json", "sarif", "html", "markdown", "agent")


def nothing_came_from_outside(attack: Attack, ran: Ran) -> None:
    assert CANARY not in ran.everything
    assert attack.opened() == []


@row(
    "links out of the tree, to files and folders, in circles, to devices and sockets; named pipes",
    "not followed, not opened, counted as not read; links inside the tree are followed once",
)
@pytest.mark.parametrize("in_git", [False, True])
@pytest.mark.parametrize("format", FORMATS)
def test_links_and_devices(attack: Attack, in_git: bool, format: str) -> None:
    tree = attack.tree
    for name, target in {
        "secret.py": attack.outside / "secret.py",
        "folder": attack.outside,
        "up.py": Path("../outside/secret.py"),
        "zero.py": Path("/dev/zero"),
        "self.py": Path("self.py"),
        "loop": tree,
        "chain.py": Path("folder/secret.py"),
        "again.py": Path("hot.py"),
    }.items():
        (tree / name).symlink_to(target)
    os.mkfifo(tree / "pipe.py")
    with socket.socket(socket.AF_UNIX) as listening:
        here = os.open(".", os.O_RDONLY)
        os.chdir(tree)
        listening.bind("socket.py")
        os.fchdir(here)
        os.close(here)
        if in_git:
            repository(tree, {})
        ran = attack.audit("scan", tree, f"--format={format}", "--follow-dependencies")
    assert ran.code == (0 if format == "sarif" else 1), ran.err
    assert "hot.py" in ran.out
    nothing_came_from_outside(attack, ran)


MANIFESTS = """
pyproject.toml package.json package-lock.json tsconfig.json pnpm-workspace.yaml yarn.lock uv.lock setup.cfg .gitignore
requirements.txt lib/package.json lib/tsconfig.json
"""


@row(
    "manifests, lock files and `.gitignore` that are links out of the tree, `/dev/zero` or named pipes",
    "as good as absent",
)
@pytest.mark.parametrize("how", ["outside", "/dev/zero", "pipe"])
def test_manifests(attack: Attack, how: str) -> None:
    for name in MANIFESTS.split():
        path = attack.tree / name
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        write(attack.outside, {name: f'{{"name": "{CANARY}", "version": "1.2.3"}}\n[tool.alef-audit]\n'})
        if how == "pipe":
            os.mkfifo(path)
        else:
            path.symlink_to(attack.outside / name if how == "outside" else how)
    write(attack.tree, {"lib/a.ts": 'import { x } from "./x";\n', "node_modules/a/index.js": "1"})
    (attack.tree / "node_modules/a/package.json").symlink_to(attack.outside / "package.json")
    for arguments in ((), ("--follow-dependencies",)):
        ran = attack.scan(*arguments)
        assert (ran.code, ran.found) == (1, {("hot.py", 6)}), ran.err
        nothing_came_from_outside(attack, ran)


@row("`extends`, `paths`, workspaces and `exports` that lead out of the tree", "read as far as they stay inside")
def test_paths_in_manifests(attack: Attack) -> None:
    write(attack.outside, {"tsconfig.json": '{"compilerOptions": {"baseUrl": "."}}', "package.json": "{}", "x.ts": "1"})
    there = str(attack.outside)
    config = '{"extends": ["../outside/tsconfig.json", "%s/tsconfig.json"], "references": [{"path": "../outside"}],'
    config += ' "compilerOptions": {"paths": {"@/*": ["../outside/*", "%s/*"]}}}'
    write(
        attack.tree,
        {
            "tsconfig.json": config.replace("%s", there),
            "package.json": '{"workspaces": ["../outside", "../*", "/**"], "main": "../outside/secret.py"}',
            "pnpm-workspace.yaml": "packages: ['../outside', '/**']\n",
            "a.ts": 'import "@/x"; import "../outside/x"; import "#y";\n',
            "b.py": "from ...outside import secret\nimport outside.secret\n",
        },
    )
    ran = attack.scan("--follow-dependencies")
    assert (ran.code, ran.found) == (1, {("hot.py", 6)}), ran.err
    nothing_came_from_outside(attack, ran)


def absolute(attack: Attack) -> str:
    return str(attack.outside)


def upwards(attack: Attack) -> str:
    return "../outside"


def through_a_link(attack: Attack) -> str:
    (attack.tree / "inside").symlink_to(attack.outside)
    return "inside"


def a_link_in_a_folder(attack: Attack) -> str:
    (attack.tree / "inside").mkdir()
    for path in attack.outside.iterdir():
        (attack.tree / "inside" / path.name).symlink_to(path)
    return "inside"


CONFIGURED = [
    ('rules = ["{}"]', (absolute, upwards, through_a_link, a_link_in_a_folder)),
    ('follow-dependencies = ["{}"]', (absolute, upwards, through_a_link)),
    ('baseline = "{}/known.jsonl"', (absolute, upwards, through_a_link, a_link_in_a_folder)),
]


@row(
    "`rules`, `follow-dependencies` or `baseline` of the project's configuration outside of it, by path or link",
    "a configuration error (exit code 2); what is meant has to be typed",
)
@pytest.mark.parametrize(
    ("text", "way"),
    [(text, way) for text, ways in CONFIGURED for way in ways],
    ids=lambda one: getattr(one, "__name__", one),
)
def test_configured_places(attack: Attack, text: str, way: Callable[[Attack], str]) -> None:
    write(attack.outside, {"known.jsonl": f"{CANARY}\n", "rules.toml": f"{CANARY} = 1\n"})
    write(attack.tree, {"alef-audit.toml": text.format(way(attack))})
    ran = attack.scan()
    assert (ran.code, ran.out) == (2, "")
    nothing_came_from_outside(attack, ran)


@row(
    "a configuration file that is a link out of the tree",
    "a configuration error (exit code 2), of `pyproject.toml`: as good as absent",
)
@pytest.mark.parametrize(("name", "code"), [("alef-audit.toml", 2), ("pyproject.toml", 1)])
def test_a_configuration_that_is_a_link(attack: Attack, name: str, code: int) -> None:
    write(attack.outside, {name: f"[tool.alef-audit]\n{CANARY} = 1\n"})
    (attack.tree / name).symlink_to(attack.outside / name)
    ran = attack.scan()
    assert ran.code == code
    nothing_came_from_outside(attack, ran)


def in_the_index(attack: Attack) -> None:
    """Git's index lists `inside/secret.py`; in the work tree `inside` is a link."""
    write(attack.tree, {"inside/secret.py": "x = 1\n", "hot.py": HOT})
    repository(attack.tree, {})
    (attack.tree / "inside" / "secret.py").unlink()
    (attack.tree / "inside").rmdir()
    (attack.tree / "inside").symlink_to(attack.outside)


def as_work_tree(attack: Attack) -> None:
    """Git's configuration says that the work tree lies elsewhere."""
    repository(attack.tree, {})
    git(attack.tree, "config", "core.worktree", str(attack.outside))


def as_git_folder(attack: Attack) -> None:
    """`.git` is a file that names another repository."""
    repository(attack.outside, {})
    write(attack.tree, {".git": f"gitdir: {attack.outside}/.git\n"})


@row(
    "a git index that lists files behind a link; `core.worktree` or a `.git` file that leads elsewhere",
    "files are read below the audited folder only",
)
@pytest.mark.parametrize("way", [in_the_index, as_work_tree, as_git_folder])
def test_places_that_git_names(attack: Attack, way: Callable[[Attack], None]) -> None:
    way(attack)
    ran = attack.scan()
    assert (ran.code, ran.found) == (1, {("hot.py", 6)}), ran.err
    nothing_came_from_outside(attack, ran)
    if way is not as_git_folder:  # git's own notion of a repository that is kept elsewhere
        nothing_came_from_outside(attack, attack.scan("--since=HEAD"))


@row(
    "paths of git objects: `../x`, `/etc/x`, `.git/config`, with backslashes",
    "never written; what is compared is written to a folder of its own, and links and submodules not at all",
)
@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "a/../../x",
        "/etc/x",
        "a//b",
        "a/./b",
        ".git/config",
        "a\\b",
        "",
        ".GIT/config",
        "a/.Git",
        "GIT~1/x",
        ".git./x",
    ],
)
def test_paths_that_leave_the_folder(path: str) -> None:
    assert not is_inside(path)


@pytest.mark.parametrize("path", [".git /x", ".git\u200c/x", ".g\u200dit", ".git::$INDEX_ALLOCATION/config"])
def test_other_spellings_of_the_folder_of_git(path: str) -> None:
    assert not is_inside(path)
    assert is_inside("a.git/x.py")
    assert is_inside(".github/x:y.py")


@pytest.mark.parametrize("name", [b"..", b".git", b"."])
def test_a_tree_object_that_leads_out(attack: Attack, name: bytes) -> None:
    root = repository(attack.tree, {})
    blob = git(root, "hash-object", "-w", "hot.py")

    def tree(*entries: tuple[bytes, bytes, str]) -> str:
        raw = b"".join(mode + b" " + entry + b"\0" + bytes.fromhex(made) for mode, entry, made in entries)
        command = ("git", "hash-object", "-w", "-t", "tree", "--literally", "--stdin")
        return subprocess.run(command, cwd=root, input=raw, capture_output=True, check=True).stdout.decode().strip()

    evil = tree((b"40000", name, tree((b"100644", b"evil.py", blob))), (b"100644", b"hot.py", blob))
    made = git(root, "commit-tree", evil, "-m", "evil")
    export(repository_of(root), made, attack.outside / "a" / "b", lambda path: True, 1000)
    written = {path.name for path in attack.outside.rglob("*") if path.is_file()}
    assert written == {"hot.py", "secret.py"}
    assert attack.audit("compare", "HEAD", made).code == 0


@row(
    "`--output`, or the baseline to be written, is a link out of the tree",
    "refused (exit code 2): the author of the tree would choose what is overwritten",
)
@pytest.mark.parametrize("name", ["report.json", "folder/report.json", "dangling.json"])
def test_output_behind_a_link(attack: Attack, name: str) -> None:
    (attack.tree / "report.json").symlink_to(attack.outside / "secret.py")
    (attack.tree / "folder").symlink_to(attack.outside)
    (attack.tree / "dangling.json").symlink_to(attack.outside / "new.json")
    before = {path: path.read_bytes() for path in attack.outside.iterdir()}
    ran = attack.scan("--output", name)
    assert (ran.code, "leads out" in ran.err) == (2, True)
    (attack.tree / "alef-audit-baseline.jsonl").symlink_to(attack.outside / "secret.py")
    ran = attack.audit("baseline", ".")
    assert (ran.code, "leads out" in ran.err) == (2, True)
    assert {path: path.read_bytes() for path in attack.outside.iterdir()} == before
    assert attack.scan("--output", attack.outside / "typed.json").code == 1
    assert attack.scan("--output", "/dev/stdout").found == {("hot.py", 6)}


@row("source maps that are links out of the tree", "as good as absent")
def test_source_maps(attack: Attack) -> None:
    write(attack.outside, {"m.map": f'{{"version": 3, "sources": ["{CANARY}.ts"], "mappings": "AAAA;AAAA;AAAA;AAAA"}}'})
    (attack.tree / "app.js.map").symlink_to(attack.outside / "m.map")
    frame = '{"functionName": "f", "scriptId": "1", "url": "file:///app/app.js", "lineNumber": 1, "columnNumber": 0}'
    node = '{"id": 1, "callFrame": %s, "hitCount": 9, "children": []}' % frame  # noqa: UP031
    profile = attack.outside.parent / "run.cpuprofile"
    text = '{"nodes": [%s], "startTime": 0, "endTime": 9, "samples": [1, 1], "timeDeltas": [1, 900000]}' % node  # noqa: UP031
    profile.write_text(text, encoding="utf-8")
    ran = attack.scan("--evidence", profile)
    assert ran.code == 1, ran.err
    nothing_came_from_outside(attack, ran)


def planted(attack: Attack) -> Path:
    repository(attack.tree, {".cache/alef-audit.sqlite": "forged"})
    return attack.tree / ".cache"


def a_link(attack: Attack) -> Path:
    (attack.tree / ".cache").symlink_to(attack.outside)
    repository(attack.tree, {})
    return attack.tree / ".cache"


def of_everybody(attack: Attack) -> Path:
    (attack.outside / "cache").mkdir()
    (attack.outside / "cache").chmod(0o777)
    return attack.outside / "cache"


@row(
    "a cache that the audited repository brings along, or in a folder that every user may write to",
    "not used: whoever writes a cache says what is found",
)
@pytest.mark.parametrize("way", [planted, a_link, of_everybody])
def test_places_of_the_cache(attack: Attack, way: Callable[[Attack], Path]) -> None:
    folder = way(attack)
    before = sorted(os.listdir(folder))
    ran = attack.audit("scan", ".", "--format=json", ALEF_AUDIT_CACHE_DIR=str(folder))
    assert (ran.code, ran.found, sorted(os.listdir(folder))) == (1, {("hot.py", 6)}, before)
    own = attack.tree / ".own"
    assert attack.audit("scan", ".", ALEF_AUDIT_CACHE_DIR=".own").code == 1
    assert own.is_dir()


def test_no_environment_makes_the_cache_relative_by_accident(attack: Attack) -> None:
    ran = attack.audit("cache", "info", ALEF_AUDIT_CACHE_DIR="", XDG_CACHE_HOME=".cache", HOME=str(attack.outside))
    assert not (attack.tree / ".cache").exists()
    assert str(attack.tree) not in ran.everything


def test_what_the_configuration_of_a_commit_was_is_read_from_objects(attack: Attack) -> None:
    repository(attack.tree, {})
    (attack.tree / "alef-audit.toml").symlink_to(attack.outside / "secret.py")
    commit(attack.tree, {})
    ran = attack.scan("--suppressions-from=HEAD")
    assert (ran.code, ran.found) == (1, {("hot.py", 6)}), ran.err
    nothing_came_from_outside(attack, ran)
