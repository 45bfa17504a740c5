"""What every reporter of an audit receives."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from alef_audit.auditing.report import AuditReport, Finding, Location, location
from alef_audit.confined import top_of
from alef_audit.reporting.select import counted
from alef_audit.reporting.text import TextOptions
from alef_audit.source import read_source

# The lines of an audited file, by its path in the report; none if it cannot be read.
Lines = Callable[[str], Sequence[str]]


class Shown(NamedTuple):
    """A finding, where a reviewer is shown it, and what of the change brings it there, if that is known."""

    finding: Finding
    at: Location
    cause: str


class Rendering(msgspec.Struct, frozen=True):
    """A report and what it is to be shown with."""

    report: AuditReport  # what is listed
    whole: AuditReport  # what is counted
    text: TextOptions = TextOptions()
    lines: Lines = lambda path: ()
    prefix: str = ""  # of the report's paths, so that they start at the repository: "" or "packages/gateway/"
    with_suppressed: bool = False  # list what comments, the configuration or a baseline mute, too

    def shown(self) -> list[Shown]:
        """What formats for reviewers show: of a comparison only what it introduces, where the change makes the
        difference.
        """
        if self.report.comparison is None:
            return [Shown(finding, location(finding), "") for finding in counted(self.report)]
        return [
            Shown(one.finding, Location(c.function, c.path, c.line, c.column), c.said)
            for one in self.report.comparison.introduced
            for c in (one.cause,)
        ]

    def path(self, path: str) -> str:
        """A path of the report as the host of the repository knows it."""
        return self.prefix + path


def lines_below(root: Path, limit: int) -> Lines:
    """Reads the lines of files below `root` that are at most `limit` bytes long; of each file once."""
    known: dict[str, Sequence[str]] = {}

    def lines(path: str) -> Sequence[str]:
        found = known.get(path)
        if found is None:
            text = read_source(root / path, limit).data.decode("utf-8", "replace")
            found = known[path] = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return found

    return lines


def repository_prefix(root: Path) -> str:
    """What stands before paths below `root` to make them paths of the repository that it lies in; "" without one."""
    inside = root.relative_to(top_of(root)).as_posix()
    return "" if inside == "." else f"{inside}/"
