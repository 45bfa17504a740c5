"""What can happen to a file: pure functions from bytes to bytes, all chance from a seeded generator."""

import json
import math
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final, NamedTuple

import tomli
import tomli_w

from tests.fuzz.nests import Nest

_TOKEN: Final = re.compile(rb"[\w$]+|[ \t]+|\r?\n|[^\w\s]", re.DOTALL)
_DEEPEST: Final = 100_000
_LINE_ENDS: Final = (b"\r\n", b"\r", b"\n\r", b"\x0c", b"\x0b", b"\xe2\x80\xa8", b"\xc2\x85", b"\\\n", b" ")
# Bytes that are no UTF-8, or that readers and terminals trip over.
NASTY: Final = (
    *(b"\xff", b"\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf0\x9f\x98", b"\0", b"\0\0\0\0"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"\xe2\x80\x8b"),
    *(b"\xef\xbf\xbe", b"\xcc\x81" * 40, b"\xc2\x85", b"\x1b[31m", b"\x1b]0;x\x07", b"\r", b"\x0b", b"\x1c", b"\x7f"),
    *(
        b"\xf0\x9f\x98\x80",
        "ſ".encode(),
        "İ".encode(),
        "ﷺ".encode(),
        "²".encode(),
        "٣".encode(),
        b"%0A::error::",
        b"\\",
    ),
)
_NUMBERS: Final = (
    *(b"0", b"-1", b"1e999", b"-1e999", b"1e-999", b"NaN", b"nan", b"inf", b"-0.0", b"0x" + b"f" * 40, b"1_0"),
    *(b"2147483648", b"-2147483649", b"9223372036854775808", b"9" * 40, b"9" * 5_000, b"0." + b"1" * 400),
    *(b"1" + b"0" * 400 + b".5", b"99999-99-99", b"0001-01-01", b"1e308"),
)


class Seed(NamedTuple):
    """A file as it may lie in a project: its name matters to those who read it."""

    name: str
    data: bytes


class Material(NamedTuple):
    """What mutators take from: other files of the kind, and the words and the nests of its language."""

    others: Sequence[Seed]
    words: Sequence[bytes]
    nests: Sequence[Nest]


# Values that a document may hold and nobody expects.
_VALUES: Final[tuple[Any, ...]] = (
    *("", "a", "*", "/", "..", "../..", "/etc/passwd", "\0", "\ud800", "\u202e\x1b[31m", "a" * 5_000, "a/" * 3_000),
    *("(", "[", "**/", "!", "(a*)*b", "Member[", "<", "^", "99999999999999", "1.0.0-", "file:///", "C:\\a", "error"),
    *(0, 1, -1, 2**31, 2**53, -(2**63), 10**30, 0.5, -0.0, 1e308, True, False, None),
    *([], {}, [[]], [""], [None], {"a": {}}, [{}], ["a"] * 300),
)
Mutator = Callable[[Random, bytes, Material], bytes]


def mutate(random: Random, material: Material, most: int) -> Seed:
    """One of the files after one to five accidents; at most `most` bytes."""
    seed = random.choice(material.others)
    data = seed.data if len(seed.data) <= most or random.random() < 0.2 else _window(random, seed.data, most // 4)
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 5))):
        data = random.choice(MUTATORS)(random, data, material)[:most]
    return Seed(seed.name, data)


def truncate(random: Random, data: bytes, material: Material) -> bytes:
    return data[: _at(random, data)]


def behead(random: Random, data: bytes, material: Material) -> bytes:
    return data[_at(random, data) :]


def splice(random: Random, data: bytes, material: Material) -> bytes:
    """The start of one file and the end of another."""
    other = random.choice(material.others).data
    return data[: _at(random, data)] + other[_at(random, other) :]


def graft(random: Random, data: bytes, material: Material) -> bytes:
    """A piece of another file in the middle."""
    other = random.choice(material.others).data
    start, end = _span(random, other)
    at = _at(random, data)
    return data[:at] + other[start:end] + data[at:]


def delete(random: Random, data: bytes, material: Material) -> bytes:
    start, end = _span(random, data)
    return data[:start] + data[end:]


def duplicate(random: Random, data: bytes, material: Material) -> bytes:
    start, end = _span(random, data)
    times = random.choice((2, 2, 3, 10, 200))
    return data[:start] + data[start:end] * times + data[end:]


def swap(random: Random, data: bytes, material: Material) -> bytes:
    (a, b), (c, d) = sorted((_span(random, data), _span(random, data)))
    c, d = max(b, c), max(b, d)
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def move_lines(random: Random, data: bytes, material: Material) -> bytes:
    """Lines deleted, doubled, shuffled or indented otherwise."""
    lines = data.split(b"\n")
    start = random.randrange(len(lines))
    end = min(len(lines), start + random.choice((1, 1, 2, 5, 20)))
    piece = lines[start:end]
    match random.randrange(4):
        case 0:
            piece = []
        case 1:
            piece = piece * 2
        case 2:
            random.shuffle(piece)
        case _:
            indent = random.choice((b"", b" ", b"\t", b"    ", b" " * 300))
            piece = [indent + line.lstrip() for line in piece]
    return b"\n".join((*lines[:start], *piece, *lines[end:]))


def change_token(random: Random, data: bytes, material: Material) -> bytes:
    """A token replaced by a word of the language, or by another token of the file, or doubled, or gone."""
    tokens = _TOKEN.findall(data)
    if not tokens:
        return random.choice(material.words)
    at = random.randrange(len(tokens))
    match random.randrange(5):
        case 0:
            tokens[at] = b""
        case 1:
            tokens[at] *= 2
        case 2:
            tokens[at] = random.choice(tokens)
        case 3:
            tokens[at] += random.choice(material.words)
        case _:
            tokens[at] = random.choice(material.words)
    return b"".join(tokens)


def rename(random: Random, data: bytes, material: Material) -> bytes:
    """Every place of one name gets another one."""
    names = sorted(set(re.findall(rb"[A-Za-z_$][\w$]*", data)))
    if not names:
        return data
    return re.sub(rb"\b" + re.escape(random.choice(names)) + rb"\b", lambda _: random.choice(material.words), data)


def change_number(random: Random, data: bytes, material: Material) -> bytes:
    found = list(re.finditer(rb"\d[\d.]*", data))
    if not found:
        return data
    one = random.choice(found)
    return data[: one.start()] + random.choice(_NUMBERS) + data[one.end() :]


def nest(random: Random, data: bytes, material: Material) -> bytes:
    """Something nested in itself, closed as often, less often or not at all, around a piece or beside it."""
    one = random.choice(material.nests)
    depth = round(
        math.exp(random.uniform(0, math.log(min(_DEEPEST, 200_000 // max(1, len(one.open) + len(one.close))))))
    )
    closed = random.choice((depth, depth, depth, depth - 1, 0, random.randint(0, depth)))
    start, end = _span(random, data) if random.random() < 0.3 else (_line_start(random, data),) * 2
    middle = data[start:end] or one.middle
    return data[:start] + one.open * depth + middle + one.close * closed + data[end:]


def change_value(random: Random, data: bytes, material: Material) -> bytes:
    """One value of a JSON or TOML document replaced, doubled or gone; of lines, the document on one of them."""
    text = data.decode("utf-8", "replace")
    lines = text.split("\n")
    at = random.randrange(len(lines))
    for read, write, start, end in (
        (json.loads, json.dumps, 0, len(lines)),
        (tomli.loads, tomli_w.dumps, 0, len(lines)),
        (json.loads, json.dumps, at, at + 1),
    ):
        try:
            document = read("\n".join(lines[start:end]))
            changed = write(_changed(random, document))
        except (ValueError, TypeError, RecursionError, AttributeError):
            continue
        return "\n".join((*lines[:start], changed, *lines[end:])).encode("utf-8", "surrogatepass")
    return change_token(random, data, material)


def _changed(random: Random, value: Any) -> Any:
    """The value with a change somewhere in it: the deeper, the likelier."""
    if not isinstance(value, dict | list) or not value or random.random() < 0.05:
        return random.choice((*_VALUES, value))
    inside = value if isinstance(value, dict) else dict(enumerate(value))
    key = random.choice(list(inside))
    match random.randrange(12):
        case 0:
            del inside[key]
        case 1 if isinstance(value, dict):
            inside[random.choice(("", "a", "__proto__", "*", "\u202e"))] = inside[key]
        case 2:
            inside[key] = inside[random.choice(list(inside))]
        case 3 if isinstance(value, list):
            inside[len(value)] = inside[key]
        case _:
            inside[key] = _changed(random, inside[key])
    return inside if isinstance(value, dict) else list(inside.values())


def repeat_token(random: Random, data: bytes, material: Material) -> bytes:
    tokens = _TOKEN.findall(data[:50_000]) or [b"x"]
    piece = b"".join(random.choice(tokens) for _ in range(random.choice((1, 1, 2, 3))))
    at = _at(random, data)
    return data[:at] + piece * round(math.exp(random.uniform(0, math.log(20_000)))) + data[at:]


def scramble(random: Random, data: bytes, material: Material) -> bytes:
    """Random bytes in the middle, or in place of what is there."""
    noise = random.randbytes(random.choice((1, 2, 8, 64, 1_000)))
    at = _at(random, data)
    return data[:at] + noise + data[at + random.choice((0, len(noise))) :]


def flip(random: Random, data: bytes, material: Material) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 4, 32)) if changed else 0):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def poison(random: Random, data: bytes, material: Material) -> bytes:
    """Bytes that are no text, or text that is hard to show."""
    at = random.choice((0, _at(random, data), len(data)))
    return data[:at] + random.choice(NASTY) * random.choice((1, 1, 1, 3, 500)) + data[at:]


def change_line_ends(random: Random, data: bytes, material: Material) -> bytes:
    other, share = random.choice(_LINE_ENDS), random.choice((0.1, 0.5, 1.0))
    return b"".join(
        line + (other if random.random() < share else b"\n") for line in data.removesuffix(b"\n").split(b"\n")
    )


def lengthen(random: Random, data: bytes, material: Material) -> bytes:
    """One very long line, name, number, string or blank."""
    size = random.choice((300, 5_000, 100_000))
    piece = random.choice((b"a", b"9", b" ", b"\t", b"ab ", b"x,", b"1+", b"'", b"\xe2\x82\xac"))
    quote = random.choice((b"", b"", b'"', b"'"))
    at = _at(random, data)
    return data[:at] + quote + piece * (size // len(piece)) + quote + data[at:]


MUTATORS: Final[tuple[Mutator, ...]] = (
    *(truncate, behead, splice, graft, delete, duplicate, swap, move_lines, rename, change_number, nest, nest),
    *(change_value, change_value, change_value, change_value),
    *(repeat_token, scramble, flip, poison, change_line_ends, lengthen, change_token, change_token, change_token),
)


def _at(random: Random, data: bytes) -> int:
    return random.randint(0, len(data))


def _line_start(random: Random, data: bytes) -> int:
    return data.rfind(b"\n", 0, _at(random, data)) + 1


def _span(random: Random, data: bytes) -> tuple[int, int]:
    start = _at(random, data)
    return start, min(len(data), start + round(math.exp(random.uniform(0, math.log(max(2, len(data)))))))


def _window(random: Random, data: bytes, size: int) -> bytes:
    start = _line_start(random, data)
    return data[start : start + size]
