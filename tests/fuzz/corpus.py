"""What is mutated: the files of this repository, and those of folders that the user names."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

from alef_audit.reporting.formats import REPORT_FORMATS
from alef_audit.reporting.rendering import Rendering
from tests.evidence import gateway_logs
from tests.evidence.test_profiles import BLOCKBUSTER, DETECTED, EXECUTING, SYNC_IO
from tests.fuzz import projects
from tests.fuzz.documents import MANIFESTS, PROFILES
from tests.fuzz.mutators import Seed
from tests.reporting import reports

CHECKOUT: Final = Path(__file__).resolve().parent.parent.parent
_SOURCES: Final = ("sample_repos", "tests/fixtures", "alef_audit/proving")
ECMASCRIPT: Final = (".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx")
_LARGEST: Final = 300_000  # bytes of a seed
_MOST: Final = 3_000  # seeds of a target
_SKIPPED: Final = frozenset((".git", "__pycache__", ".venv"))
_MANIFESTS: Final = frozenset(
    {"package.json", "tsconfig.json", "jsconfig.json", "pyproject.toml", "setup.cfg", "METADATA", "PKG-INFO"}
    | {"package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "poetry.lock", "uv.lock", "pdm.lock"}
    | {"Pipfile.lock", "pylock.toml", "pnpm-workspace.yaml", "lerna.json", "requirements.txt", ".gitignore"}
)


def sources(extensions: Sequence[str], folders: Sequence[Path]) -> tuple[Seed, ...]:
    """Source files, by their extension."""
    own = [CHECKOUT / name for name in _SOURCES]
    return _found((*own, *folders), lambda path: path.suffix in extensions, lambda path: f"mutated{path.suffix}")


def manifests(folders: Sequence[Path]) -> tuple[Seed, ...]:
    """Manifests, lock files, and what names the files of a package: found ones, and short ones of each format."""
    own = [CHECKOUT / name for name in (*_SOURCES, "tests/fixtures")]
    found = _found((*own, *folders), lambda path: path.name in _MANIFESTS, _manifest_name)
    return (*(Seed(name, text.encode()) for name, text in MANIFESTS), *found)


def rule_files(folders: Sequence[Path]) -> tuple[Seed, ...]:
    """The bundled rules: one of three model files, and all others."""
    base = CHECKOUT / "rules"
    every = sorted(path for path in base.rglob("*.toml"))
    models = [path for path in every if "models" in path.parts]
    rest = [path for path in every if "models" not in path.parts]
    chosen = [*models[::3], *rest * (len(models) // 15)]
    return tuple(Seed(path.relative_to(base).as_posix(), path.read_bytes()) for path in chosen)


def configurations(folders: Sequence[Path]) -> tuple[Seed, ...]:
    full = (CHECKOUT / "README.md").read_text(encoding="utf-8").partition("# alef-audit.toml\n")[2].partition("```")[0]
    keys = [line for line in full.splitlines() if " = " in line and not line.startswith(("rules", "executors"))]
    table = "[tool.alef-audit]\n" + full.replace("[[", "[[tool.alef-audit.").replace('rules = ["my-rules"]', "")
    short = '[[levels]]\npath = "**"\nlevel = "note"\n[[boundaries]]\nfunction = "hot.*"\nkind = "offloaded"\n'
    named = "baseline = 'b.jsonl'\nrules = ['.']\nfollow-dependencies = ['.']\nexclude = ['a/**', '!b', '[c-a]']\n"
    return (
        *(Seed("alef-audit.toml", text.encode()) for text in (full, short, named, *keys)),
        *(Seed("pyproject.toml", text.encode()) for text in (table, "[tool]\nalef-audit = 1\n")),
    )


def baselines(folders: Sequence[Path]) -> tuple[Seed, ...]:
    entry: dict[str, object] = {
        "pattern": "ALEF-PAT-035",
        "rule": "blocking-call-on-hot-path",
        "path": "hot.py",
        "function": "handler",
    }
    entry |= {"call": "time.sleep", "level": "error", "count": 1, "reason": "for now"}
    first = json.dumps(entry)
    second = json.dumps(entry | {"until": "2027-01-31", "reason": "ä\u2028ö"}, ensure_ascii=False)
    text = f"{first}\n{second}\n"
    marked = f"<<<<<<< HEAD\n{first}\n=======\n{second}\n>>>>>>> theirs\n"
    return tuple(Seed("baseline.jsonl", one.encode()) for one in (text, first, second, marked))


def logs(folders: Sequence[Path]) -> tuple[Seed, ...]:
    """Logs of gateways in every way that they are written, and lines of monitors."""
    lines = [*gateway_logs.confirmed(), gateway_logs.sample(5), gateway_logs.run(300)]
    wrappers = (gateway_logs.console, gateway_logs.time_of_day, gateway_logs.coloured, gateway_logs.without_zone)
    own = ["".join(f"{wrap(line)}\n" for line in lines) for wrap in wrappers]
    found = _found(folders, lambda path: path.suffix in (".log", ".jsonl"), lambda path: "a.log")
    return (*(Seed("a.log", text.encode()) for text in (*own, *own, SYNC_IO, BLOCKBUSTER, DETECTED, EXECUTING)), *found)


def profiles(folders: Sequence[Path]) -> tuple[Seed, ...]:
    """Profiles of every kind, monitors' lines, and a source map."""
    found = _found(folders, lambda path: path.suffix in (".cpuprofile", ".map"), lambda path: f"a{path.suffix}")
    texts = [("a.log", text) for text in (SYNC_IO, BLOCKBUSTER, DETECTED, EXECUTING)]
    documents = [(name, json.dumps(document)) for name, document in PROFILES]
    return (*(Seed(name, text.encode()) for name, text in (*texts, *documents, *documents)), *found)


@cache
def written_reports(folders: Sequence[Path]) -> tuple[Seed, ...]:
    """Reports as JSON."""
    as_json = next(entry for entry in REPORT_FORMATS if entry.name == "json")
    made = (reports.report(), reports.typical())
    return tuple(Seed("report.json", str(as_json.render(Rendering(one, one))).encode()) for one in made)


@cache
def databases(folders: Sequence[Path]) -> tuple[Seed, ...]:
    """The cache that an audit of the small project leaves."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder, projects.settings(Path(folder) / "cache"):
        projects.run(projects.project(Path(folder) / "project"), "--format", "json", "--jobs", "1")
        return (Seed("alef-audit.sqlite", next((Path(folder) / "cache").glob("*.sqlite*")).read_bytes()),)


def _found(folders: Sequence[Path], wanted: Callable[[Path], bool], name_of: Callable[[Path], str]) -> tuple[Seed, ...]:
    """The files below `folders` that are wanted, of many always the same ones."""
    paths = [path for folder in folders for path in _below(folder) if wanted(path)]
    if len(paths) > _MOST:
        paths = Random(0).sample(paths, _MOST)
    found = []
    for path in paths:
        with path.open("rb") as file:
            found.append(Seed(name_of(path), file.read(_LARGEST)))
    return tuple(found)


def _below(folder: Path) -> Iterator[Path]:
    for inner, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if one not in _SKIPPED)
        for name in sorted(names):
            path = Path(inner, name)
            if path.is_file() and not path.is_symlink():
                yield path


def _manifest_name(path: Path) -> str:
    return f"a.dist-info/{path.name}" if path.name == "METADATA" else path.name
