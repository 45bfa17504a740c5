"""Rewrites the few spellings that tree-sitter-typescript 0.23 cannot parse, keeping every byte offset.

An import type (`import("./x").T`, `typeof import("x")`) becomes an identifier of seven underscores followed by blanks.
The walk reads its text from the original source, so the node reads `import(`, and `import_specifier` finds the rest.
"""

import re
from typing import Final

_IMPORT: Final = re.compile(
    rb"""import\(\s*(["'])[^"'\n]*\1\s*,?\s*\)(?P<member>\s*\.\s*(?!then\b|catch\b|finally\b)[A-Za-z_$])?"""
)
_QUERY: Final = re.compile(rb"\btypeof\s+\Z")
_LOOK_BACK: Final = 20
_SPECIFIER: Final = re.compile(rb"""import\(\s*(["'])([^"'\n]*)\1""")
_EXPORT: Final = re.compile(rb"export\s+(?:(type)\s*\*|default\s+(abstract)\s+class\b)")
# Bundlers that rename exports reach two-letter reserved words: `export { f as in }`, `import { do as g }`.
_WORDS: Final = (
    rb"(?:in|do|if|for|new|try|var|else|this|case|enum|null|true|void|with|class|const|super|throw|while|yield|break"
    rb"|catch|false|delete|export|import|return|switch|typeof|finally|continue|debugger|function|instanceof)"
)
_RESERVED_NAME: Final = re.compile(
    rb"(?<=[\w$]\sas\s)" + _WORDS + rb"(?=\s*[,}])|(?<=[{,]\s)" + _WORDS + rb"(?=\sas\s)"
)
_NOT_NEWLINE: Final = re.compile(rb"[^\r\n]")
_HEAD: Final = b"import("


def mask(text: bytes) -> bytes:
    """`text` with the same length and line breaks, in a spelling that the TypeScript grammar understands."""
    masked = text
    if b"import(" in masked:
        masked = _IMPORT.sub(_blank_import, masked)
    if b"export" in masked:
        masked = _EXPORT.sub(_blank_word, masked)
    return masked


def mask_reserved_names(text: bytes) -> bytes:
    """`text` with reserved words in import and export clauses spelled as identifiers of the same length."""
    return _RESERVED_NAME.sub(lambda found: b"_" * len(found.group()), text)


def import_specifier(text: bytes, start: int) -> str:
    """The module named by the import type that starts at `start` of the original text; "" if there is none."""
    found = _SPECIFIER.match(text, start)
    return found.group(2).decode("utf-8", "replace") if found else ""


def _blank_import(found: re.Match[bytes]) -> bytes:
    start, end = found.span()
    if found.group("member") is not None:
        end = found.start("member")
    elif _QUERY.search(found.string, max(0, start - _LOOK_BACK), start) is None:
        return found.group()
    rest = _NOT_NEWLINE.sub(b" ", found.string[start + len(_HEAD) : end])
    return b"_" * len(_HEAD) + rest + found.string[end : found.end()]


def _blank_word(found: re.Match[bytes]) -> bytes:
    word = found.lastindex or 0
    whole, start, end = found.group(), found.start(word) - found.start(), found.end(word) - found.start()
    return whole[:start] + b" " * (end - start) + whole[end:]
