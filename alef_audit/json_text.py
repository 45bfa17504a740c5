"""JSON of unknown origin: whatever is wrong with a document, it is one kind of error."""

from typing import TypeVar

import msgspec

T = TypeVar("T")


class NotJson(Exception):
    """A document that cannot be read; says why, and at which place where that is known."""


def decode(text: bytes | str, kind: type[T]) -> T:
    """The document as a `kind`; `object` takes any. Raises NotJson."""
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError as error:
        raise NotJson(str(error)) from None
    except UnicodeError:
        raise NotJson("not UTF-8") from None
    except RecursionError:
        raise NotJson("nested too deeply") from None
