"""Text of unknown origin inside Markdown and HTML.

On a code host nothing in a code span is read as a mention, a link, a reference, an emoji or HTML, so names, paths and
snippets stand in one, and so does a sentence that holds more than letters and plain punctuation.
"""

import html
import re
from typing import Final

from alef_audit.reporting.escape import clean, encodable

_RUN: Final = re.compile("`+")
# Neither `@` nor `#`, neither `/` nor `_` or `*`; "www." alone would become a link.
_HARMLESS: Final = re.compile(r"(?:(?!www\.)(?:[A-Za-z0-9 ,.;'()%×…-]|:(?= )))*")
_SPAN: Final = re.compile("`([^`]+)`")
_WORD: Final = re.compile(r"(?:`[^`]+`|\S)+")
_PLAIN: Final = re.compile(r"""(?:(?!www\.)(?:[A-Za-z0-9,.;'"()%×…/?-]|:(?![\w/])))*""")


def code(text: str) -> str:
    """`text` as a code span."""
    shown = encodable(clean(text)) or " "
    longest = max((len(run) for run in _RUN.findall(shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def prose(text: str) -> str:
    """`text` as it is where all of it is harmless, else as a code span."""
    return text if _HARMLESS.fullmatch(text) else code(text)


def html_code(text: str) -> str:
    """`text` as a `<code>` element, only for blocks of HTML, in which Markdown is not read: `<details><summary>`."""
    return f"<code>{html.escape(encodable(clean(text)))}</code>"


def sentence(text: str) -> str:
    """A text of the rules, on one line: its own code spans stay, a word that is not harmless becomes one."""
    return " ".join(_word(match[0]) for match in _WORD.finditer(" ".join(text.split())))


def _word(word: str) -> str:
    parts = _SPAN.split(word)  # what stands between the spans at even places
    if all(_PLAIN.fullmatch(part) for part in parts[::2]):
        return "".join(code(part) if index % 2 else part for index, part in enumerate(parts))
    return code(word)
