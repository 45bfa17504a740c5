"""No file of the tree makes an audit run for ever or out of memory: it ends, with all else that there is to find."""

import gzip
import json
from pathlib import Path

import pytest

from tests.hostile.attacker import HOT, Attack, write
from tests.repositories import repository
from tests.rows import attack as row

DIGITS = "1" * 100_000
DEEP = 100_000
STARS = "*a" * 60 + "b"


def goes_on(attack: Attack, *arguments: str | Path) -> None:
    ran = attack.scan(*arguments)
    assert (ran.code, ran.found) == (1, {("hot.py", 6)}), ran.err


VERSIONS = {"a": f"^{DIGITS}", "b": f"<{DIGITS}", "c": f"~{DIGITS}", "d": f"npm:{'a@' * 50_000}1.2.3"}
STARRED = "./" + "*" * 200
# by the folder that they lie in
BOMBS = {
    "digits": {
        "pyproject.toml": f'[project]\nname = "x"\nnumber = {DIGITS}\n',
        "uv.lock": f"[[package]]\nx = {DIGITS}\n",
        "package.json": f'{{"a": {DIGITS}}}',
        "tsconfig.json": f'{{"a": {DIGITS}, /**/}}',
    },
    "versions": {
        "package.json": json.dumps({"name": "x", "version": f"1.{DIGITS}", "dependencies": VERSIONS}),
        "requirements.txt": f"a<1.{DIGITS}\nfastapi==1.{DIGITS[:900]}\nb~=1.{DIGITS}\nc==1.{DIGITS[:800]}.*\n",
        "pyproject.toml": f'[project]\nname = "fastapi"\nversion = "1.{DIGITS}"\n',
    },
    "depth": {
        "pyproject.toml": f"[project]\nname = {'[' * DEEP}\n",
        "poetry.lock": f"a = {'{a = ' * DEEP}\n",
        "package.json": '{"a":' * DEEP,
        "package-lock.json": "[" * DEEP,
        "tsconfig.json": "/**/" + '{"a":' * DEEP,
        "jsconfig.json": "[" * DEEP + "]" * DEEP,
    },
    "keys": {
        "pyproject.toml": f"[{'.'.join('a' * 20_000)}]\n{'.'.join('b' * 20_000)} = 1\n",
        "package.json": "{" + ",".join(['"main": "x.js"'] * 50_000) + "}",
        "tsconfig.json": "{a: NaN, b: -Infinity, c: 1e999999, a: [], __proto__: {}}",
    },
    "circle": {
        "tsconfig.json": '{"extends": ["./a.json", "./a.json", "./b.json"]}',
        "a.json": '{"extends": ["./b.json", "./tsconfig.json", "./b.json"]}',
        "b.json": '{"extends": ["./a.json", "./a.json", "./tsconfig.json"]}',
    },
    "chain": {f"{n or 'tsconfig'}.json": f'{{"extends": ["./{n + 1}.json", "./{n + 1}.json"]}}' for n in range(200)},
    "aliases": {
        "tsconfig.json": json.dumps({"compilerOptions": {"paths": {f"@{n}/*": ["x/*"] for n in range(50_000)}}}),
        "a.ts": "".join(f'import "pkg{n}";\n' for n in range(500)),
    },
    "workspaces": {
        "package.json": json.dumps({"workspaces": ["**/" * 200 + "x", STARS, "{a,b}" * 60, "{" * 5_000, "[" * 5_000]}),
        "pnpm-workspace.yaml": "packages:\n" + f"  - '{STARS}'\n" * 500,
        "a" * 100 + "/package.json": "{}",
        "a.ts": 'import "x";\n',
    },
    "exports": {
        "package.json": json.dumps({"name": "n", "exports": {STARRED: STARRED}, "imports": {"#*": "#*"}}),
        "a.ts": 'import "n/a/b/c"; import "#x"; import "#y/z";\n',
    },
    "ignored": {".gitignore": f"{STARS}\n{'**/' * 100}{STARS}\n[{'a-' * 500}\n", "x/" + "a" * 200 + ".txt": ""},
    "yarn": {"yarn.lock": "a@" * 200_000 + "\n" + " " * 200_000, "bun.lock": ' "' + '": ["' * 100_000},
    "pnpm": {"pnpm-lock.yaml": "packages:\n  " + "/a@1.1.1" * 50_000 + "\n  " + "a" * 300_000},
    "requirements": {"requirements.txt": "a" * 300_000 + "==\n" + "a==1;" * 60_000 + "\n" + "a[" * 100_000},
    "metadata": {
        "a-1.dist-info/METADATA": f"Requires-Dist: {';' * 100_000}python_version\n" + "Requires-Dist: a (\n" * 2_000
    },
}


@row(
    "manifests made to exhaust: depth, digits, keys, cycles, globs, aliases, lines without end",
    "what cannot be read counts as absent; readers have limits, and patterns a linear-time engine",
)
@pytest.mark.parametrize("name", [*BOMBS])
def test_manifests(attack: Attack, name: str) -> None:
    write(attack.tree / name, BOMBS[name])
    goes_on(attack)


@row(
    "the same in the configuration: depth, digits, `jobs = 100000`, globs like `*a*a*a*a`",
    "a configuration error, or done in linear time; never more processes than cores",
)
@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"jobs = {DIGITS}", 2),
        (f"exclude = {'[' * DEEP}", 2),
        (f"{'.'.join('a' * 20_000)} = 1", 2),
        ("jobs = 1" + "0" * 30, 1),
        (f'exclude = ["{STARS}", "{"**/" * 200}x", "{"[" * 2_000}"]', 1),
        (f'[[levels]]\nlevel = "note"\npath = "{STARS}"\n', 1),
        (f'[[not-roots]]\nfunction = "{STARS}"\n[[roots]]\nfunction = "{STARS}"\nkind = "tick"\npath = "{STARS}"\n', 1),
        (f'executors = ["{STARS}"]\n[[boundaries]]\nfunction = "{STARS}"\nkind = "offloaded"\n', 1),
        ("x = 1\n" * 200_000, 2),
    ],
    ids=lambda value: str(value)[:20],
)
def test_configuration(attack: Attack, text: str, code: int) -> None:
    name = "a" * 120
    write(attack.tree, {"alef-audit.toml": text, f"{name}/{name}.py": f"def {name}():\n    {name}.{name}(1)\n"})
    assert attack.scan().code == code


def test_processes(attack: Attack) -> None:
    write(attack.tree, {"alef-audit.toml": "jobs = 100000\n"})
    write(attack.tree, {f"large{number}.py": "# a comment\n" * 20_000 for number in range(40)})
    goes_on(attack)


EXPRESSION = "(a*)*" * 10 + "(a|a)*" * 10 + "b"


@row("regular expressions in rules that take exponential time elsewhere", "the engine is linear (RE2)")
def test_expressions_of_rules(attack: Attack) -> None:
    from alef_audit.rulepack.load import bundled_rules

    text = (bundled_rules() / "lexicon.toml").read_text(encoding="utf-8")
    lexicon = text + f'\n[[hot]]\npattern = "{EXPRESSION}"\nkind = "message"\nwhy = "x"\n'
    write(attack.tree, {"mine/lexicon.toml": lexicon, "a.py": f"def {'a' * 5_000}():\n    pass\n"})
    goes_on(attack, "--rules", "mine")


SOURCES = """
( [ a. a( `${ {a: <a> x=> ! a?b: import( typeof export # \\ ' " /* /** @ a< a|b& class{ if(a)else for(;;) lambda: *a,"""
WORDS = ("// audit: ", "# audit: hot ", "\n", "async ", "not ", "f(lambda x: ")


@row("sources made to exhaust: nesting, lines, names and strings without end", "a remark on the file")
def test_sources(attack: Attack) -> None:
    for number, text in enumerate((*SOURCES.split(), *WORDS)):
        for extension in ("py", "tsx"):
            write(attack.tree, {f"evil{number}.{extension}": text * (40_000 // len(text))})
    goes_on(attack)


@row("a compressed log that is a thousand times larger than it looks", "read in blocks; memory stays the same")
def test_a_compressed_log(attack: Attack) -> None:
    log = attack.outside / "gateway.log"
    with gzip.open(log, "wb", compresslevel=9) as file:
        for _ in range(700):
            file.write(bytes(1 << 20))
    assert log.stat().st_size < 2_000_000
    ran = attack.audit("evidence", log, memory=1 << 30)
    assert ran.code in (0, 1), ran.err


def test_folders_without_end(attack: Attack) -> None:
    write(attack.tree, {f"{'e/' * 500}a.py": HOT})
    assert len(attack.scan().found) == 2
    repository(attack.tree, {})
    assert len(attack.scan().found) == 2
