"""Rewrites the few spellings that tree-sitter-typescript 0.23 cannot parse, keeping every byte offset.

An import type (`import("./x").T`, `typeof import("x")`) becomes an identifier of seven underscores followed by blanks.
The walk reads its text from the original source, so the node reads `import(`, and `import_specifier` finds the rest.
"""

import re
from typing import Final

_IMPORT_TYPE: Final = re.compile(
    rb"""(?P<query>\btypeof\s+)?(?<![\w$.])import\(\s*(?P<quote>["'])[^"'\n]*(?P=quote)\s*,?\s*\)"""
    rb"""(?P<member>\s*\.\s*(?!then\b|catch\b|finally\b)[A-Za-z_$])?"""
)
_SPECIFIER: Final = re.compile(rb"""import\(\s*(["'])([^"'\n]*)\1""")
_EXPORT_TYPE_STAR: Final = re.compile(rb"\bexport\s+(type)\s*\*")
_EXPORT_ABSTRACT: Final = re.compile(rb"\bexport\s+default\s+(abstract)\s+class\b")
_NOT_NEWLINE: Final = re.compile(rb"[^\r\n]")
_HEAD: Final = b"import("


def mask(text: bytes) -> bytes:
    """`text` with the same length and line breaks, in a spelling that the TypeScript grammar understands."""
    masked = text
    if b"import(" in masked:
        masked = _IMPORT_TYPE.sub(_blank_import, masked)
    if b"export" in masked:
        masked = _EXPORT_TYPE_STAR.sub(_blank_word, masked)
        masked = _EXPORT_ABSTRACT.sub(_blank_word, masked)
    return masked


def import_specifier(text: bytes, start: int) -> str:
    """The module named by the import type that starts at `start` of the original text; "" if there is none."""
    found = _SPECIFIER.match(text, start)
    return found.group(2).decode("utf-8", "replace") if found else ""


def _blank_import(found: re.Match[bytes]) -> bytes:
    whole = found.group()
    if found.group("query") is None and found.group("member") is None:
        return whole
    start = whole.index(_HEAD)
    end = (found.start("member") if found.group("member") else found.end()) - found.start()
    rest = _NOT_NEWLINE.sub(b" ", whole[start + len(_HEAD) : end])
    return whole[:start] + b"_" * len(_HEAD) + rest + whole[end:]


def _blank_word(found: re.Match[bytes]) -> bytes:
    whole, start, end = found.group(), found.start(1) - found.start(), found.end(1) - found.start()
    return whole[:start] + b" " * (end - start) + whole[end:]
