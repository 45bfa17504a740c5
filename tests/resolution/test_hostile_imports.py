"""Whatever a hostile tree spells, resolution and its neighbours answer."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from alef_audit.discovery.inventory import GRAMMARS, Inventory, SourceFile, extension_of, is_manifest, language_of
from alef_audit.discovery.roles import refine_role, role_of
from alef_audit.discovery.versions import satisfies
from alef_audit.resolution.files import file_table, find_compiled, find_file
from alef_audit.resolution.node import node_resolver, resolve_node
from alef_audit.resolution.packages import match_entries, read_packages
from alef_audit.resolution.python import module_name, python_resolver, resolve_python
from alef_audit.resolution.target import External, Local, Unresolved
from alef_audit.resolution.tsconfig import read_tsconfigs
from alef_audit.source import decode_source

SEGMENT = st.text(st.sampled_from("abt.@#*_-"), min_size=1, max_size=6)
PATH = st.lists(SEGMENT, min_size=1, max_size=4).map("/".join)
SPECIFIER = st.one_of(st.text(max_size=30), PATH.map(lambda path: "./" + path), st.text("./@#:*?ab", max_size=12))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | PATH.map(lambda path: "./" + path),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("./#*a", max_size=4), inner, max_size=3),
    max_leaves=10,
)


def inventory(*paths: str) -> Inventory:
    files = tuple(
        SourceFile(path, language_of(grammar), grammar, role_of(path), 1)
        for path in sorted(paths)
        if (grammar := GRAMMARS.get(extension_of(path)))
    )
    return Inventory(Path("nowhere"), files, tuple(path for path in sorted(paths) if is_manifest(path)), {}, ())


@given(SPECIFIER)
def test_specifiers(specifier: str) -> None:
    found = inventory("a/b.ts", "a/c.py", "a/__init__.py", "package.json")
    node = node_resolver(found, lambda path: "{}")
    python = python_resolver(found)
    assert isinstance(resolve_node(node, "a/b.ts", specifier), Local | External | Unresolved)
    assert isinstance(resolve_python(python, "a/c.py", specifier, "x"), Local | External | Unresolved)


@given(JSON, JSON, st.text("./#*ab", max_size=6))
def test_manifests(value: object, other: object, key: str) -> None:
    package = json.dumps({"name": "a", "exports": value, "imports": other, "workspaces": value, "main": other})
    config = json.dumps({"compilerOptions": {"paths": value, "baseUrl": other}, "extends": value, "references": other})
    for one in read_packages(("package.json",), lambda path: package).values():
        list(match_entries(one.exports, key))
        list(match_entries(one.imports, key))
    read_tsconfigs(("tsconfig.json",), lambda path: config)


@given(PATH, PATH)
def test_paths(path: str, project: str) -> None:
    assert refine_role(role_of(path, project), frozenset({path})) in {
        *("product", "test", "script", "cli", "build", "example", "generated", "vendored", "types", "docs")
    }
    found = inventory(path + ".py", path + ".ts")
    assert module_name(python_resolver(found), path + ".py")
    table = file_table(frozenset({path + ".ts"}), frozenset())
    assert find_file(table, path + ".ts") == path + ".ts"
    find_compiled(table, "", path)


@given(st.text("0123456789.<>=^~|x*- ,ab!", max_size=14), st.text("0123456789.ab-", max_size=8))
def test_ranges(range: str, version: str) -> None:
    assert satisfies(version, range) in (True, False, None)


@given(st.binary(max_size=40))
def test_bytes(data: bytes) -> None:
    source = decode_source(data)
    source.data.decode("utf-8")
    if not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")) and b"\0" not in data:
        assert len(source.data) == len(data)
