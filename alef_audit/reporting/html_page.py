"""Self-contained pages.

Nothing is loaded from anywhere, and a page's own policy forbids it: style and script are named in it by their hashes.
All text is escaped by the template, after `clean` has spelled out what does not print.
"""

import base64
import hashlib
from pathlib import Path
from typing import Final

import jinja2
from markupsafe import Markup

from alef_audit.reporting.escape import clean, encodable

_PAGE: Final = Path(__file__).parent / "page"
_STYLE: Final = "report.css"


def render_page(template: str, script: Markup | None = None, **values: object) -> str:
    """The page that a template makes of `values`; style, script and their hashes are given to it, too."""
    style = _text(_STYLE)
    given: dict[str, object] = {"style": style, "style_hash": _hash(style)}
    if script is not None:
        given |= {"script": script, "script_hash": _hash(script)}
    return encodable(_environment().get_template(template).render(**given, **values)) + "\n"


def script_of(name: str) -> Markup:
    return _text(name)


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PAGE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )


def _finalized(value: object) -> object:
    """Every text that the template puts out, but for markup of our own, has its control characters spelled out."""
    return clean(value) if type(value) is str else value


def _text(name: str) -> Markup:
    return Markup((_PAGE / name).read_text(encoding="utf-8"))


def _hash(text: str) -> str:
    """As a content security policy names inline code (CSP level 3)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
