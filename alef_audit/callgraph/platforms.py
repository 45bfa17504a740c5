"""Tests of the operating system in the conditions around a call: `process.platform === "darwin"`,
`sys.platform == "win32"`.
"""

import re
from typing import Final

from alef_audit.facts.file import Condition

_TEST: Final = re.compile(
    r"""(?:process\.platform|sys\.platform|os\.platform\(\)|(?<![.\w])platform)\s*"""
    r"""(?P<op>===?|!==?|\.startswith\(|\.startsWith\()\s*["'](?P<name>darwin|win32|linux|win|cygwin|freebsd|aix)["']"""
)

# What tells the platform, by language.
SETTING: Final = {"ecmascript": "process.platform", "python": "sys.platform"}


def asks_platform(test: Condition) -> bool:
    """Whether a test asks for the platform."""
    return _TEST.search(test.text) is not None


def platform_tests(conditions: tuple[Condition, ...], index: int) -> list[Condition]:
    """The conditions on the way out from `index` that test the platform."""
    found = []
    while index >= 0:
        if asks_platform(conditions[index]):
            found.append(conditions[index])
        index = conditions[index].parent
    return found


def ruled_out(conditions: tuple[Condition, ...], index: int, platform: str) -> bool:
    """Whether code under condition `index` cannot run on `platform` ("linux", "darwin", "win32").

    Only tests that consist of the comparison alone decide: in `a && platform === "x"` the outcome false says nothing.
    """
    while index >= 0:
        condition = conditions[index]
        match = _TEST.fullmatch(condition.text.strip().removeprefix("(").removesuffix(")"))
        if match is not None:
            same = match["name"].startswith("win") == platform.startswith("win") and (
                match["name"] == platform or platform == "win32"
            )
            if (same == match["op"].startswith(("=", "."))) != condition.holds:
                return True
        elif condition.holds and "||" not in condition.text and " or " not in condition.text:
            part = _TEST.search(condition.text)
            if part is not None and part["op"].startswith("=") and part["name"] != platform:
                return True
        index = condition.parent
    return False
