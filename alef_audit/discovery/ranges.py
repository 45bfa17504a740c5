"""Declared version ranges: the newest version that one admits, where it has an upper bound."""

import re
from typing import Final

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

# Stands for "the last release before": no library numbers its releases this high.
_LAST: Final = "99999"
# No release has a number of more digits, and Python turns thousands of digits into no number.
_NPM_UPPER: Final = re.compile(r"<\s*(\d{1,18}(?:\.\d{1,18})*)")
_NPM_CARET: Final = re.compile(r"\^\s*(\d{1,18}(?:\.\d{1,18})*)")


def newest_of_requirement(line: str) -> tuple[str, str] | None:
    """Name and newest admitted version of a PEP 508 requirement; None without an upper bound, or if it is none."""
    try:
        requirement = Requirement(line.split(" #")[0].strip())
        found = [_upper(one.operator, one.version) for one in requirement.specifier]
        versions = sorted(Version(text) for text in found if text)
    except ValueError:  # no requirement, or numbers of thousands of digits
        return None
    return (requirement.name, str(versions[0])) if versions else None


def newest_of_npm(wanted: str) -> str | None:
    """Newest version that an npm range admits, as far as it names an upper bound."""
    if "||" in wanted:
        wanted = wanted.rsplit("||", 1)[1]
    if upper := _NPM_UPPER.search(wanted):
        return _before(upper.group(1))
    if caret := _NPM_CARET.search(wanted):
        parts = [int(part) for part in caret.group(1).split(".")]
        keep = next((index for index, part in enumerate(parts) if part), len(parts) - 1)
        return ".".join(str(part) for part in parts[: keep + 1]) + f".{_LAST}"
    return None


def _upper(operator: str, version: str) -> str:
    try:
        if operator == "<":
            return _before(version)
        if operator == "<=":
            return str(Version(version))
        if operator == "~=":
            return ".".join(version.split(".")[:-1]) + f".{_LAST}"
        if operator == "==" and version.endswith(".*"):
            return version.removesuffix(".*") + f".{_LAST}"
    except InvalidVersion:
        return ""
    return ""


def _before(version: str) -> str:
    """A version just below `version`: 2 -> 1.99999, 2.3 -> 2.2.99999."""
    release = list(Version(version).release)
    while release and not release[-1]:
        release.pop()
    if not release:
        return ""
    release[-1] -= 1
    return ".".join(str(part) for part in release) + f".{_LAST}"
