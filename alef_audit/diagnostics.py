"""What goes wrong in front of a user: remarks on single files, and the errors that end a run with exit code 2."""

import msgspec


class Diagnostic(msgspec.Struct, frozen=True, order=True):
    """Something about one file that makes the audit less complete.

    `path` is relative to the audited root with forward slashes, `line` 1-based (0: the whole file), `kind` a short
    fixed word ("unreadable", "too-large", "not-utf8", "parse-error"), `message` one sentence.
    """

    path: str
    line: int
    kind: str
    message: str


class UsageError(Exception):
    """The command cannot be carried out as typed: `message` says why, `remedy` what to type instead."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message}. {remedy}" if remedy else message)
        self.message = message
        self.remedy = remedy


class ConfigError(Exception):
    """A configuration file that cannot be used: `file`, `key` (dotted, with [index]), what is wrong, what helps."""

    def __init__(self, file: str, key: str, message: str, remedy: str = "") -> None:
        head = f"{file}: {key}: {message}" if key else f"{file}: {message}"
        super().__init__(f"{head}. {remedy}" if remedy else head)
        self.file = file
        self.key = key
        self.message = message
        self.remedy = remedy


class NothingToAudit(Exception):
    """There is no source file to read below what was asked for: `message` says where, `remedy` what to try (exit 3)."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message}. {remedy}" if remedy else message)
        self.message = message
        self.remedy = remedy
