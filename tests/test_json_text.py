"""JSON that no parser takes: one kind of error, whatever the library raises."""

import msgspec
import pytest

from alef_audit.json_text import NotJson, decode


class Named(msgspec.Struct):
    name: str = ""


@pytest.mark.parametrize(
    "text",
    [b"{", b'{"name": "\xff"}', b'{"name": 1}', b'{"other": ' + b"[" * 100_000, b'{"name": "\\ud800"}'],
    ids=["cut", "bytes", "type", "arrays", "surrogate"],
)
def test_json_that_cannot_be_read(text: bytes) -> None:
    with pytest.raises(NotJson):
        decode(text, Named)


def test_what_can_be_read() -> None:
    assert decode(b'{"name": "b"}', Named) == Named("b")
