"""The hashes are those that github/codeql-action computes: the values are from its own tests."""

import pytest

from alef_audit.reporting.line_hash import line_hashes

END = "c129715d7a2bc9a3:1"
GREETING = [
    "e9496ae3ebfced30:1",
    "fb7c023a8b9ccb3f:1",
    "ce8ba1a563dcdaca:1",
    "e20e36e16fcb0cc8:1",
    "b3edc88f2938467e:1",
    "c8e28b0b4002a3a0:1",
    END,
]
REPEATED = [f"a7f2ff13bc495cf2:{number}" for number in range(1, 7)]


@pytest.mark.parametrize(
    ("text", "hashes"),
    [
        ("", [END]),
        (" a\nb\n  \t\tc\n d", ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]),
        (" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", GREETING),
        (" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", GREETING),
        (" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n", GREETING),
        (" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n", GREETING),
        (
            "Lorem ipsum dolor sit amet.\n" * 10,
            [*REPEATED, "a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1", "55ec222b86bcae53:1", "cc97dc7b1d7d8f7b:1", END],
        ),
    ],
)
def test_hashes_of_the_reference(text: str, hashes: list[str]) -> None:
    found = line_hashes(text, range(1, len(hashes) + 5))
    assert [found[line] for line in sorted(found)] == hashes


def test_only_the_lines_that_are_wanted() -> None:
    text = "Lorem ipsum dolor sit amet.\n" * 10
    assert line_hashes(text, {3, 99}) == {3: "a7f2ff13bc495cf2:3"}
