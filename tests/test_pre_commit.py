"""The hooks with the real pre-commit, which clones and installs this checkout, on a repository that a test makes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repositories import git, repository, write

CHECKOUT = Path(__file__).parents[1]
HANDLER = """
from fastapi import FastAPI
from tokens import token_of

app = FastAPI()


@app.get("/me")
async def me(user: str) -> str:
    return await token_of(user)
"""
BLOCKING = """
async def token_of(user: str) -> str:
    with open(f"/etc/tokens/{user}") as file:
        return file.read()
"""
FIXED = """
import asyncio


def _read(user: str) -> str:
    with open(f"/etc/tokens/{user}") as file:
        return file.read()


async def token_of(user: str) -> str:
    return await asyncio.to_thread(_read, user)
"""
CONFIG = """
repos:
  - repo: {checkout}
    rev: {revision}
    hooks:
      - id: audit
      - id: audit-all
"""

pytestmark = pytest.mark.xdist_group("pre-commit")


class Project:
    """A repository with the hooks installed."""

    def __init__(self, root: Path, home: Path) -> None:
        self.root = root
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "PYTHONPATH"))}
        self.environment |= {"PRE_COMMIT_HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull, "NO_COLOR": "1"}

    def run(self, *arguments: str) -> tuple[int, str]:
        command = (sys.executable, "-m", "pre_commit", *arguments)
        done = subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True, timeout=600)
        return done.returncode, done.stdout + done.stderr

    def commit(self, **files: str) -> tuple[int, str]:
        """Stage files and commit them, as a person would: through git's own hook."""
        write(self.root, {name.replace("__", "."): text for name, text in files.items()})
        git(self.root, "add", "-A")
        who = ("-c", "user.name=T", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ("git", *who, "commit", "-m", "change"),
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("pre-commit")
    source = folder / "alef-audit"  # what is written here, committed or not
    kept = git(CHECKOUT, "ls-files", "-co", "--exclude-standard").splitlines()
    texts = {name for name in kept if not name.startswith(("tests/", "sample_repos/"))}
    repository(source, {})
    for name in sorted(texts):
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (CHECKOUT / name).is_file():
            target.write_bytes((CHECKOUT / name).read_bytes())
    git(source, "add", "-A", "-f")
    git(source, "commit", "-q", "-m", "all")
    config = CONFIG.format(checkout=source, revision=git(source, "rev-parse", "HEAD"))
    root = repository(folder / "service", {"app.py": HANDLER, "readme.txt": "x", ".pre-commit-config.yaml": config})
    found = Project(root, folder / "home")
    code, said = found.run("install", "--install-hooks")
    assert code == 0, said
    return found


def test_a_commit_that_blocks_a_handler_is_refused_and_the_fixed_one_passes(project: Project) -> None:
    code, said = project.commit(tokens__py=BLOCKING)
    assert code == 1, said
    assert "File.read blocks the event loop" in said
    assert "app.py:10" in said
    assert "tokens.py:4" in said
    code, said = project.commit(tokens__py=FIXED)
    assert code == 0, said


def test_a_commit_of_other_files_does_not_start_it(project: Project) -> None:
    code, said = project.commit(readme__txt="y")
    assert (code, "no files to check" in said) == (0, True), said


def test_the_hook_for_everything(project: Project) -> None:
    code, said = project.run("run", "audit-all", "--hook-stage", "manual", "--all-files")
    assert code == 0, said
