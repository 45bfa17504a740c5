"""Versions of libraries from manifests, lock files and pins; ranges."""

from pathlib import Path

import pytest

from alef_audit.config import Config
from alef_audit.discovery.discover import discover
from alef_audit.discovery.ranges import newest_of_requirement
from alef_audit.discovery.versions import library_versions, satisfies, version_of


def versions(root: Path, **files: str) -> dict[str, str]:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return library_versions(root, discover(root, Config()))


def test_own_versions(tmp_path: Path) -> None:
    found = versions(
        tmp_path,
        **{
            "package.json": '{"name": "@a/b", "version": "1.2.3"}',
            "x/Some_Pkg-2.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: Some_Pkg\nVersion: 2.0\n\nName: body\n",
            "py/pyproject.toml": '[project]\nname = "mine"\nversion = "3"\n',
        },
    )
    assert found == {"npm:@a/b": "1.2.3", "pypi:mine": "3", "pypi:some-pkg": "2.0"}
    assert version_of(found, "pypi", "Some.Pkg") == "2.0"
    assert version_of(found, "npm", "c") is None


def test_declared_ranges_count_where_they_have_an_upper_bound(tmp_path: Path) -> None:
    found = versions(
        tmp_path,
        **{
            "package.json": '{"dependencies": {"a": "1.0.0", "b": "^1.0.0", "c": "npm:d@2.0.0", "e": "*"}}',
            "pyproject.toml": '[project]\nname="x"\ndependencies = ["f==1.0", "g>=1", "h[x]==2 ; os_name > \'3\'"]',
            "requirements.txt": "i==1.0.0 --hash=sha256:0\nj==2.1 # why\nk~=3\nl==1.*\n-r other.txt\n",
        },
    )
    exact = {"npm:a": "1.0.0", "npm:d": "2.0.0", "pypi:f": "1.0", "pypi:h": "2", "pypi:j": "2.1"}
    assert found == exact | {"npm:b": "1.99999", "pypi:l": "1.99999"}


def test_requirements_of_an_unpacked_package_count(tmp_path: Path) -> None:
    head = "Metadata-Version: 2.1\nName: x\nVersion: 1\n"
    declared = (
        "Requires-Dist: fastmcp<2,>=0.1.0\nRequires-Dist: a==1.2\nRequires-Dist: b (<3,>=2)\nRequires-Dist: c (==1.0)\n"
        'Requires-Dist: d<2 ; extra == "all"\nRequires-Dist: e>=1\nRequires-Dist: f[x]~=1.4 ; os_name == "nt"\n'
        "Requires-Dist: g<2 ; python_version < '3.8'\nRequires-Dist: h<2 ; python_version < '4'\n"
    )
    wheel = versions(tmp_path / "wheel", **{"x-1.dist-info/METADATA": head + declared})
    assert wheel == {
        "pypi:a": "1.2",
        "pypi:b": "2.99999",
        "pypi:c": "1.0",
        "pypi:f": "1.99999",
        "pypi:fastmcp": "1.99999",
        "pypi:h": "1.99999",
        "pypi:x": "1",
    }
    assert versions(tmp_path / "sdist", **{"PKG-INFO": head + declared}) == wheel
    requires = "fastmcp<2\n\n[all]\nd<2\n"
    assert versions(tmp_path / "old", **{"PKG-INFO": head, "x.egg-info/requires.txt": requires}) == {
        "pypi:fastmcp": "1.99999",
        "pypi:x": "1",
    }


@pytest.mark.parametrize(
    ("line", "newest"),
    [
        ("mcp>=1.9,<2", "1.99999"),
        ("a<0.8", "0.7.99999"),
        ("a<2.0", "1.99999"),
        ("a~=1.4", "1.99999"),
        ("a<=3.1", "3.1"),
        ("a>=1", None),
        ("not a requirement !", None),
    ],
)
def test_newest_of_a_requirement(line: str, newest: str | None) -> None:
    found = newest_of_requirement(line)
    assert (found[1] if found else None) == newest


def test_lock_files(tmp_path: Path) -> None:
    entries = '"": {}, "node_modules/a": {"version": "1.0.0"}, "node_modules/b/node_modules/a": {"version": "2.0.0"}'
    lock = '{"packages": {' + entries + "}}"
    yarn = '# yarn\n\n"@s/p@^1.0.0", "@s/p@^1.1.0":\n  version "1.1.0"\n\nq@2:\n  version: 2.0.1\n'
    pnpm = (
        "importers:\n\n  .:\n    dependencies:\n      w:\n        specifier: ^1\n        version: 1.0.0(x@2.0.0)\n\n"
        "packages:\n\n  '@s/r@1.0.0':\n    resolution: {}\n\n  t@2.0.0(u@1.0.0):\n    x: y\n\n  w@3.0.0:\n    x: y\n\n"
        "snapshots:\n\n  v@9.0.0:\n"
    )
    assert versions(tmp_path / "npm", **{"package-lock.json": lock}) == {"npm:a": "1.0.0"}
    assert versions(tmp_path / "yarn", **{"yarn.lock": yarn}) == {"npm:@s/p": "1.1.0", "npm:q": "2.0.1"}
    assert versions(tmp_path / "pnpm", **{"pnpm-lock.yaml": pnpm}) == {
        "npm:@s/r": "1.0.0",
        "npm:t": "2.0.0",
        "npm:w": "1.0.0",
    }
    for name in ("poetry.lock", "uv.lock"):
        text = '[[package]]\nname = "Mcp"\nversion = "1.25.0"\n'
        assert versions(tmp_path / name, **{name: text}) == {"pypi:mcp": "1.25.0"}
    assert versions(tmp_path / "old", **{"package-lock.json": '{"dependencies": {"a": {"version": "1.0.0"}}}'}) == {
        "npm:a": "1.0.0"
    }


def test_two_versions_of_one_library_are_unknown(tmp_path: Path) -> None:
    assert versions(tmp_path, **{"yarn.lock": 'a@1:\n  version "1.0.0"\n\na@2:\n  version "2.0.0"\n'}) == {}


def test_what_lies_beside_the_code_wins(tmp_path: Path) -> None:
    found = versions(
        tmp_path,
        **{
            "package.json": '{"dependencies": {"@s/a": "1.0.0"}}',
            "node_modules/@s/a/package.json": '{"name": "@s/a", "version": "1.5.0"}',
            "node_modules/b/package.json": '{"name": "b", "version": "2.0.0"}',
        },
    )
    assert found == {"npm:@s/a": "1.5.0", "npm:b": "2.0.0"}


def test_lock_files_above_the_root_count_inside_a_repository(tmp_path: Path) -> None:
    text = '[[package]]\nname = "mcp"\nversion = "1.0"\n'
    (tmp_path / "uv.lock").write_text(text)
    assert versions(tmp_path / "a", **{"x.py": ""}) == {}
    (tmp_path / ".git").mkdir()
    assert versions(tmp_path / "a", **{"x.py": ""}) == {"pypi:mcp": "1.0"}


@pytest.mark.parametrize(
    "name", ["package.json", "package-lock.json", "pyproject.toml", "uv.lock", "x.dist-info/METADATA"]
)
@pytest.mark.parametrize(
    "text", ["", "[", "null", '{"packages": 1, "dependencies": [1], "name": 2}', "\x00", "[" * 100_000]
)
def test_broken_manifests_give_nothing(tmp_path: Path, name: str, text: str) -> None:
    assert versions(tmp_path, **{name: text}) == {}


@pytest.mark.parametrize(
    ("version", "range", "expected"),
    [
        ("1.9", "<2", True),
        ("2.0.0", "<2", False),
        ("1.5", ">=1.4,<2", True),
        ("1.5", ">=1.4 <2", True),
        ("1.5", ">= 1.4, < 2", True),
        ("2024.6.0b1", "<2024.6", False),
        ("2024.6.0b1", ">=2024.6", True),
        ("2.0.0-beta.1", ">=2", True),
        ("2.0.0b1", "<2.0.0b2", True),
        ("2.0.0-weird-tag", ">=1", True),
        ("1.3.0", "^1.2", True),
        ("2.0.0", "^1.2", False),
        ("0.3.0", "^0.2.1", False),
        ("1.2.9", "~1.2.3", True),
        ("1.3.0", "~1.2.3", False),
        ("1.3.0", "1.x", True),
        ("3.0.0", "<2 || >=3", True),
        ("2.5.0", "<2 || >=3", False),
        ("v1.0.0", "=1.0.0", True),
        ("1.0", "", True),
        ("1.0", "*", True),
        (None, "", True),
        (None, "<2", None),
        ("workspace:*", "<2", None),
        ("1.0", "whatever", None),
    ],
)
def test_ranges(version: str | None, range: str, expected: bool | None) -> None:
    assert satisfies(version, range) is expected
