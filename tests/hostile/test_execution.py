"""Nothing of the audited tree runs: not its code, not what its configuration of git or of build tools names."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.attacker import CHECKOUT, HOT, Attack, surroundings, write
from tests.repositories import commit, git, repository
from tests.rows import attack as row

NOTHING_RUNS = "nothing runs: git is called with each of them switched off; nothing is checked out"


def sprung(attack: Attack, *command: str) -> bool:
    """Whether a trap snaps where nobody minds it: a trap that cannot is no test."""
    environment = surroundings() | {"GIT_ALLOW_PROTOCOL": "ext", "GIT_PAGER": ""}
    subprocess.run(command, cwd=attack.tree, env=environment, capture_output=True, check=False)
    snapped = attack.mark.exists()
    attack.mark.unlink(missing_ok=True)
    return snapped


def stale(path: Path) -> None:
    """Makes git look at the content: what it knows of the file's status is no longer true."""
    os.utime(path, (1, 1))


ASKING = [
    ("scan", ".", "--format=json"),
    ("scan", ".", "--since=HEAD~1"),
    ("scan", ".", "--since=HEAD~1", "--suppressions-from=HEAD~1"),
    ("compare", "HEAD~1", "HEAD"),
    ("hook", "hot.py"),
]
PROGRAMS = (
    "core.fsmonitor core.sshCommand core.pager core.editor core.askPass core.gitProxy credential.helper diff.external "
    "diff.evil.command diff.evil.textconv filter.evil.clean filter.evil.smudge filter.evil.process filter.a.b.clean "
    "gpg.program interactive.diffFilter uploadpack.packObjectsHook alias.diff alias.ls-files alias.rev-parse"
)


@row("programs named in `.git/config`: filters, fsmonitor, diff drivers, pagers, aliases; hooks", NOTHING_RUNS)
@pytest.mark.parametrize("asked", ASKING, ids=" ".join)
def test_programs_that_the_repository_names(attack: Attack, asked: tuple[str, ...]) -> None:
    repository(attack.tree, {})
    commit(attack.tree, {"hot.py": HOT + "# more\n", "a.py": "x = 1\n", ".gitattributes": "*.py filter=evil diff=evil"})
    included = attack.outside / "config"
    for key in PROGRAMS.split():
        git(attack.tree, "config", "--file", str(included), key, f"!{attack.trap}" if "alias" in key else attack.trap)
    git(attack.tree, "config", "include.path", str(included))
    for hook in ("post-checkout", "pre-commit", "post-index-change", "fsmonitor-watchman"):
        write(attack.tree / ".git" / "hooks", {hook: f"#!/bin/sh\n{attack.trap}\n"})
        (attack.tree / ".git" / "hooks" / hook).chmod(0o755)
    stale(attack.tree / "a.py")
    assert sprung(attack, "git", "diff", "HEAD")
    ran = attack.audit(*asked)
    assert ran.code in (0, 1), ran.err
    assert not attack.mark.exists()


def test_a_filter_whose_name_cannot_be_typed(attack: Attack) -> None:
    repository(attack.tree, {"package.json": "{}", ".gitattributes": "*.py filter=a=b"})
    git(attack.tree, "config", "filter.a=b.clean", attack.trap)
    stale(attack.tree / "hot.py")
    ran = attack.audit("scan", ".", "--since=HEAD")
    assert (ran.code, "cannot be switched off" in ran.err, attack.mark.exists()) == (2, True, False)


@row("programs named in the configuration of a submodule", "nothing runs: submodules are not compared")
def test_programs_that_a_submodule_names(attack: Attack) -> None:
    inner = repository(attack.tree / "lib.py", {"a.py": "x = 1\n", ".gitattributes": "*.py filter=evil"})
    repository(attack.tree, {})
    git(inner, "config", "filter.evil.clean", attack.trap)
    write(inner, {"a.py": "x = 2\n"})
    assert sprung(attack, "git", "diff", "HEAD")
    stale(inner / "a.py")
    assert attack.audit("scan", ".", "--since=HEAD").code in (0, 1)
    assert not attack.mark.exists()


@row(
    "a remote `ext::command` that missing objects are to be fetched from",
    "nothing is fetched: no protocol is allowed, whatever the repository allows",
)
def test_objects_that_would_have_to_be_fetched(attack: Attack) -> None:
    repository(attack.tree, {})
    missing = git(attack.tree, "rev-parse", "HEAD:hot.py")
    (attack.tree / ".git" / "objects" / missing[:2] / missing[2:]).unlink()
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::sh -c {attack.trap.replace(' ', '% ')}",
        "protocol.ext.allow": "always",
        "protocol.allow": "always",
    }.items():
        git(attack.tree, "config", key, value)
    assert sprung(attack, "git", "cat-file", "-p", missing)
    assert attack.audit("scan", ".", "--since=HEAD").code == 2
    assert not attack.mark.exists()


@row("a program called `git` in the tree, where PATH has `.` or an empty entry", "only absolute entries of PATH count")
@pytest.mark.parametrize("entry", ["", ".", "bin", "./bin"])
def test_a_git_of_the_tree(attack: Attack, entry: str) -> None:
    for folder in ("", "bin/"):
        write(attack.tree, {f"{folder}git": f"#!/bin/sh\n{attack.trap}\n"})
        (attack.tree / f"{folder}git").chmod(0o755)
    path = os.pathsep.join((entry, os.environ["PATH"]))
    assert subprocess.run(["sh", "-c", "git"], cwd=attack.tree, env={"PATH": path}, check=False).returncode == 0
    assert attack.mark.exists()
    attack.mark.unlink()
    assert attack.audit("scan", ".", PATH=path).code == 1
    assert not attack.mark.exists()


SHADOWING = (
    "alef_audit sitecustomize usercustomize conftest json typing logging re2 msgspec typer tomli pathspec queue "
    "multiprocessing concurrent subprocess tree_sitter tree_sitter_python signal gc unidiff rich"
)


def with_modules(attack: Attack) -> None:
    """Modules in the tree that bear the names of those that an audit imports."""
    text = f"import os\nos.system({attack.trap!r})\nraise ImportError\n"
    write(attack.tree, {f"{name}.py": text for name in SHADOWING.split()})
    write(attack.tree, {"evil.pth": f"import os; os.system({attack.trap!r})\n"})


@row(
    "modules in the tree called `json.py`, `typing.py`, `sitecustomize.py`, `alef_audit.py`, `*.pth`",
    "never imported by `audit`, from whatever folder it runs; `python -m` looks there first, `python -P -m` does not",
)
@pytest.mark.parametrize("program", [("audit",), ("python", "-P", "-m", "alef_audit")], ids=" ".join)
def test_modules_of_the_working_directory(attack: Attack, program: tuple[str, ...]) -> None:
    with_modules(attack)
    found = shutil.which(program[0], path=str(Path(sys.executable).parent))
    assert found
    assert sprung(attack, sys.executable, "-c", "import json")
    done = subprocess.run(
        (found, *program[1:], "scan", ".", "--format=json"),
        cwd=attack.tree,
        env=surroundings() | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, b"")
    assert not attack.mark.exists()


def test_modules_of_the_working_directory_in_processes_that_are_not_forked(attack: Attack) -> None:
    """As on Windows: `python -c` in the child looks into the working directory."""
    with_modules(attack)
    write(attack.tree, {f"large{number}.py": "x = 1\n" * 150_000 for number in range(4)})
    script = attack.outside.parent / "spawning.py"
    text = """\
import sys
import multiprocessing
multiprocessing.get_all_start_methods = lambda: ["spawn"]
from alef_audit.cli.main import main
if __name__ == "__main__":
    main(["scan", ".", "--format=json", "--no-cache", "--jobs=2"])
"""
    script.write_text(text, encoding="utf-8")
    done = subprocess.run(
        (sys.executable, script),
        cwd=attack.tree,
        env=surroundings() | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, b"")
    assert not attack.mark.exists()


@row(
    "`setup.py`, build backends, `package.json` scripts, `.npmrc`, `node_modules/.bin`, compiler plug-ins",
    "read as text where they are read at all; nothing is built or installed, also with `--follow-dependencies`",
)
def test_build_tools(attack: Attack) -> None:
    trap = f"import os; os.system({attack.trap!r})\n"
    script = f"#!/bin/sh\n{attack.trap}\n"
    names = ("preinstall", "install", "postinstall", "prepare", "start", "build", "test")
    write(
        attack.tree,
        {
            "setup.py": trap,
            "conftest.py": trap,
            "noxfile.py": trap,
            "backend.py": trap,
            "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
            "package.json": json.dumps({"scripts": dict.fromkeys(names, attack.trap)}),
            "tsconfig.json": '{"compilerOptions": {"plugins": [{"name": "./plugin.js"}]}}',
            "plugin.js": f'require("child_process").execSync("{attack.trap}")',
            ".npmrc": f"script-shell={attack.tree}/evil.sh\nnode-options=--require ./plugin.js\n",
            ".yarnrc.yml": "yarnPath: ./plugin.js\n",
            ".pre-commit-config.yaml": f"repos: [{{repo: local, hooks: [{{id: x, entry: {attack.trap}}}]}}]\n",
            "Makefile": f"all:\n\t{attack.trap}\n",
            "node_modules/.bin/tsc": script,
            "node_modules/evil/package.json": '{"name": "evil", "main": "index.js"}',
            "node_modules/evil/index.js": f'require("child_process").execSync("{attack.trap}")',
            ".venv/lib/python3.13/site-packages/evil/__init__.py": trap,
            ".venv/lib/python3.13/site-packages/evil.pth": trap,
            ".venv/bin/python": script,
            ".venv/pyvenv.cfg": "home = .\n",
            "use.py": "import evil\n",
        },
    )
    ran = attack.scan("--follow-dependencies")
    assert ran.code == 1, ran.err
    assert not attack.mark.exists()


@row("`venv.py` beside the code, where the action makes its environment", "`action.yml` runs Python with `-I`")
def test_the_environment_of_the_action(attack: Attack) -> None:
    with_modules(attack)
    write(attack.tree, dict.fromkeys(("venv.py", "ensurepip.py"), f"import os\nos.system({attack.trap!r})\n"))
    text = (CHECKOUT / "action.yml").read_text(encoding="utf-8")
    (install,) = [line.strip().removeprefix("run: ") for line in text.splitlines() if "-m venv" in line]
    bin_folder = attack.outside.parent / "bin"
    bin_folder.mkdir()
    (bin_folder / "python").symlink_to(sys.executable)
    environment = surroundings() | {"PATH": f"{bin_folder}:{os.environ['PATH']}", "RUNNER_TEMP": str(attack.outside)}
    make = install.partition(" && ")[0]
    assert sprung(attack, sys.executable, "-m", "venv", str(attack.outside / "x"))
    subprocess.run(["bash", "-c", make], cwd=attack.tree, env=environment, capture_output=True, check=True)
    assert (attack.outside / "alef-audit" / "bin" / "python").exists()
    assert not attack.mark.exists()


@row("a file called `--config=evil.py`, which pre-commit passes on", "refused: an option is not a file (exit code 2)")
@pytest.mark.parametrize("name", ["--config=evil.py", "--output=x.py", "--no-project-config"])
def test_files_that_are_called_like_options(attack: Attack, name: str) -> None:
    write(attack.tree, {name: '[[levels]]\nlevel = "off"\n'})
    ran = attack.audit("hook", name, "hot.py")
    assert (ran.code, "a file of that name" in ran.err) == (2, True)
    assert not (attack.tree / "x.py").exists()
    assert attack.audit("hook", "--", name, "hot.py").code == 1


@row("revisions that read like options of git, to write a file or run a program", "no such revision (exit code 2)")
@pytest.mark.parametrize("option", ["--output={}", "--upload-pack=touch {}", "--exec=touch {}", "-O{}", "--ext-diff"])
def test_revisions_that_are_options(attack: Attack, option: str) -> None:
    repository(attack.tree, {})
    revision = option.format(attack.mark)
    for asked in (("--since", revision), (f"--suppressions-from={revision}",)):
        ran = attack.audit("scan", ".", *asked)
        assert (ran.code, attack.mark.exists()) == (2, False), ran
    assert attack.audit("compare", "--", revision).code == 2
