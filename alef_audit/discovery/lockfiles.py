"""Reads names and versions out of manifests and lock files; whatever is malformed gives nothing."""

import re
from collections.abc import Callable, Iterator, Mapping
from email.parser import HeaderParser
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import msgspec
import re2

from alef_audit import json_text, toml
from alef_audit.discovery.ranges import newest_of_npm, newest_of_requirement

Ecosystem = Literal["npm", "pypi"]

_EXACT_NODE = re.compile(r"^(?:npm:(?P<alias>@?[^@]+)@)?[=v]?(?P<version>\d+\.\d+\.\d+(?:[-+][\w.+-]+)?)$")
_EXACT_PYTHON = re.compile(
    r"^\s*(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*===?\s*(?P<version>[\w.+!-]+)\s*(?:[;#\\].*)?$"
)
# These meet lines of any length: an engine that goes back would take the square of it, or more.
_YARN_HEAD = re2.compile(r'^"?(?P<name>@?[^@"\s]+)@')
_YARN_VERSION = re2.compile(r'^\s+version:?\s+"?(?P<version>[^"\s]+)"?')
_PNPM_PACKAGE = re2.compile(r"^  '?/?(?P<name>@?[^@'()\s:]+)[@/](?P<version>\d+\.\d+\.\d+[^'():\s_]*)[^:]*:")
_PNPM_NAME = re2.compile(r"^ {6}'?(?P<name>@?[^'\s:]+)'?:\s*$")
_PNPM_VERSION = re2.compile(r"^ {8}version: '?(?P<version>\d+\.\d+\.\d+[^'()\s]*)")
_BUN_PACKAGE = re2.compile(r'^\s+"[^"]+": \["(?P<name>@?[^@"]+)@(?P<version>\d+\.\d+\.\d+[^"]*)"')
# What extras, or old Pythons only, require.
_ELSEWHERE = re2.compile(r"""\bextra\s*==|;.*\bpython_version\s*<=?\s*["'](?:2|3\.(?:\d|1[01]))\b""")
_PARENTHESES = re.compile(r"^([\w.,\[\]-]+)\s*\(([^()]*)\)")  # old tools wrote `name (>=1,<2)`
_LINE = 1_000  # characters; longer requirement lines pin nothing by hand


class Pin(msgspec.Struct, frozen=True):
    """`depth`: 0 for what the code itself resolves to, more for copies nested below other packages."""

    ecosystem: Ecosystem
    name: str
    version: str
    kind: Literal["own", "pin", "lock", "range"]  # range: the newest version that a declared range admits
    depth: int = 0


def read_manifest(path: Path, text: str) -> Iterator[Pin]:
    """The package's own version and its exactly pinned dependencies."""
    if path.name == "package.json":
        return _package_json(text)
    if path.name in ("METADATA", "PKG-INFO"):
        return _metadata(text)
    if path.name == "pyproject.toml":
        return _pyproject(text)
    # of `requires.txt`: sections are what extras add
    return _requirements([] if text.startswith("[") else text.partition("\n[")[0].splitlines())


def _json(text: str) -> dict[str, Any]:
    try:
        document = json_text.decode(text.encode("utf-8", "replace"), object)
    except json_text.NotJson:
        return {}
    return document if isinstance(document, dict) else {}


def _toml(text: str) -> dict[str, Any]:
    try:
        return toml.decode(text)
    except toml.NotToml:
        return {}


def _strings(value: object) -> dict[str, str]:
    """The entries of a table whose values are strings."""
    if not isinstance(value, dict):
        return {}
    return {key: item for key, item in value.items() if isinstance(key, str) and isinstance(item, str)}


def _tables(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _package_json(text: str) -> Iterator[Pin]:
    manifest = _json(text)
    own = _strings(manifest)
    if "name" in own and "version" in own:
        yield Pin("npm", own["name"], own["version"], "own")
    for table in ("dependencies", "optionalDependencies", "peerDependencies", "devDependencies"):
        for name, wanted in _strings(manifest.get(table)).items():
            if match := _EXACT_NODE.match(wanted.strip()):
                yield Pin("npm", match["alias"] or name, match["version"], "pin")
            elif newest := newest_of_npm(wanted):
                yield Pin("npm", name, newest, "range")


def _metadata(text: str) -> Iterator[Pin]:
    headers = HeaderParser().parsestr(text)
    name, version = headers.get("Name"), headers.get("Version")
    if name and version:
        yield Pin("pypi", name.strip(), version.strip(), "own")
    declared = [line for line in headers.get_all("Requires-Dist", []) if not _ELSEWHERE.search(line)]
    yield from _requirements([_PARENTHESES.sub(r"\1 \2", line) for line in declared])


def _pyproject(text: str) -> Iterator[Pin]:
    document = _toml(text)
    tool = document.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    for table in (document.get("project"), poetry):
        own = _strings(table)
        if "name" in own and "version" in own:
            yield Pin("pypi", own["name"], own["version"], "own")
    project = document.get("project")
    declared = project.get("dependencies") if isinstance(project, dict) else None
    if isinstance(declared, list):
        yield from _requirements([line for line in declared if isinstance(line, str)])
    for name, wanted in _strings(poetry.get("dependencies") if isinstance(poetry, dict) else None).items():
        if re.fullmatch(r"(==)?\d[\w.+!-]*", wanted.strip()) and name != "python":
            yield Pin("pypi", name, wanted.strip().removeprefix("=="), "pin")


def _requirements(lines: list[str]) -> Iterator[Pin]:
    for line in lines:
        if len(line) < _LINE and (match := _EXACT_PYTHON.match(line)) and not match["version"].endswith((".", "*")):
            yield Pin("pypi", match["name"], match["version"], "pin")
        elif len(line) < _LINE and any(mark in line for mark in ("<", "~=", ".*")):
            newest = newest_of_requirement(line)
            if newest is not None:
                yield Pin("pypi", newest[0], newest[1], "range")


def _package_lock(text: str) -> Iterator[Pin]:
    document = _json(text)
    packages = document.get("packages")
    if isinstance(packages, dict):
        for key, entry in packages.items():
            before, marker, name = str(key).rpartition("node_modules/")
            version = _strings(entry).get("version")
            if marker and version:
                yield Pin("npm", name, version, "lock", before.count("node_modules/"))
        return
    dependencies = document.get("dependencies")
    for name, entry in dependencies.items() if isinstance(dependencies, dict) else ():
        if version := _strings(entry).get("version"):
            yield Pin("npm", str(name), version, "lock")


def _yarn_lock(text: str) -> Iterator[Pin]:
    name = ""
    for line in text.splitlines():
        if line[:1] not in ("", " ", "#"):
            head = _YARN_HEAD.match(line)
            name = head["name"] if head else ""
        elif name and (match := _YARN_VERSION.match(line)):
            if match["version"] != "0.0.0-use.local":
                yield Pin("npm", name, match["version"], "lock")
            name = ""


def _pnpm_lock(text: str) -> Iterator[Pin]:
    """What workspaces depend on directly, and, one level below, everything locked."""
    section, name = "", ""
    for line in text.splitlines():
        if line[:1] not in ("", " ", "#"):
            section = line.partition(":")[0]
        elif section == "packages" and (match := _PNPM_PACKAGE.match(line)):
            yield Pin("npm", match["name"], match["version"], "lock", 1)
        elif section == "importers" and (head := _PNPM_NAME.match(line)):
            name = head["name"]
        elif section == "importers" and name and (match := _PNPM_VERSION.match(line)):
            yield Pin("npm", name, match["version"], "lock")


def _bun_lock(text: str) -> Iterator[Pin]:
    for line in text.splitlines():
        if match := _BUN_PACKAGE.match(line):
            yield Pin("npm", match["name"], match["version"], "lock")


def _toml_lock(text: str) -> Iterator[Pin]:
    """poetry.lock, uv.lock, pdm.lock: tables `[[package]]`; pylock.toml: `[[packages]]`."""
    document = _toml(text)
    for entry in (*_tables(document.get("package")), *_tables(document.get("packages"))):
        fields = _strings(entry)
        if "name" in fields and "version" in fields:
            yield Pin("pypi", fields["name"], fields["version"], "lock")


def _pipfile_lock(text: str) -> Iterator[Pin]:
    default = _json(text).get("default")
    for name, entry in default.items() if isinstance(default, dict) else ():
        version = _strings(entry).get("version", "")
        if version.startswith("=="):
            yield Pin("pypi", str(name), version[2:], "lock")


LOCK_READERS: Mapping[str, Callable[[str], Iterator[Pin]]] = MappingProxyType(
    {
        "package-lock.json": _package_lock,
        "npm-shrinkwrap.json": _package_lock,
        "yarn.lock": _yarn_lock,
        "pnpm-lock.yaml": _pnpm_lock,
        "bun.lock": _bun_lock,
        "poetry.lock": _toml_lock,
        "uv.lock": _toml_lock,
        "pdm.lock": _toml_lock,
        "pylock.toml": _toml_lock,
        "Pipfile.lock": _pipfile_lock,
    }
)
