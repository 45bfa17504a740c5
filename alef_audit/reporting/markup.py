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
