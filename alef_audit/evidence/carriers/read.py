"""One line of any carrier."""

from functools import lru_cache

from alef_audit.evidence.carriers.ansi import without_colours
from alef_audit.evidence.carriers.console import Line, read_console
from alef_audit.evidence.carriers.json_lines import read_json_line


@lru_cache(maxsize=16)  # what follows a message is looked at twice
def read_line(text: str, log: int) -> Line:
    """The time and the message of a line. `log` is the number of the log, whose clock the time may belong to.

    JSON may stand behind a prefix (a journal's, a container's), and each may carry a time.
    """
    plain = without_colours(text).rstrip()
    document = read_json_line(plain.lstrip(), log)
    if document is not None:
        return document
    line = read_console(plain, log)
    inner = read_json_line(line.body, log) if line.starts and line.body.startswith('{"') else None
    if inner is None or not line.body.rstrip().endswith("}"):
        return line
    better = inner.moment is not None and (line.moment is None or inner.moment.clock == "zoned")
    return inner if better else Line(line.moment, inner.body, True, whole=True)
