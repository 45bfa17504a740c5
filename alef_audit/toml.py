"""TOML of unknown origin."""

import tomli


class NotToml(ValueError):
    """Says what is wrong with the text, and where as far as that is known."""


def decode(text: str) -> dict[str, object]:
    """The document. Raises NotToml, also for what is valid but has no end: depth, digits of a number."""
    try:
        return tomli.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotToml(str(error)) from None
