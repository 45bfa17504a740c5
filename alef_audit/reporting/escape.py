"""Makes text of unknown origin safe to show.

Paths, names and snippets come from the audited tree and may hold anything a file name or a string literal may hold:
terminal escapes, line breaks that fake another finding, bidirectional overrides that reorder what is read, bytes that
are no UTF-8.  Nothing is dropped: what cannot be shown is spelled out (`\\x1b`, `\\u202e`), so that it is noticed.
Reporters put the result into `rich.text.Text`, never into markup, so that `[red]` stays five characters.
"""

import re
from typing import Final

# GitHub, Azure Pipelines and TeamCity take these for commands wherever they stand in a line of a log:
# `##[set-output …]`, `##vso[task.setvariable …]`, `##teamcity[…]`.
_COMMAND: Final = re.compile(r"##(?=[\w. -]*\[)")


def clean(text: str) -> str:
    """`text` on one line, with every character that does not print replaced by its Python escape.

    So is the start of what a CI system would take for a command in its log.
    """
    if "##" in text:
        text = _COMMAND.sub(r"#\\x23", text)
    if text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def starts_command(line: str) -> bool:
    """Whether a log of GitHub Actions would take the line for a command: `::set-output …`, blanks before it or not."""
    return line.lstrip().startswith("::")


def clean_block(text: str) -> str:
    """Like `clean`, but line breaks stay and tabs become spaces: for code examples and paragraphs."""
    return "\n".join(clean(line.expandtabs(4)) for line in text.split("\n"))


def encodable(text: str) -> str:
    """`text` without lone surrogates (file names that are no UTF-8 carry them), for formats that must be UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def quoted(text: str) -> str:
    """`text` between double quotes, as Graphviz and most people read it."""
    return '"' + clean(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def leaves(path: str) -> bool:
    """Whether a path that should be relative to the audited folder leads out of it, or to another host."""
    parts = path.replace("\\", "/").split("/")
    return not parts[0] or ".." in parts or (len(parts[0]) == 2 and parts[0][1] == ":")


def _visible(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
