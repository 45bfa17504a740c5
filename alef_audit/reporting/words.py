"""Small English: counts, plurals, loops in words."""

_LONGEST = 40


def count(number: int, singular: str, plural: str = "") -> str:
    """`1 file`, `12,345 files`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def joined(words: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def percentage(part: int, whole: int) -> str:
    """`8.1 %`; never `0.0 %` for something and never `100.0 %` for less than everything."""
    if not whole or not part:
        return "0 %"
    share = 100 * part / whole
    return "100 %" if part == whole else f"{min(max(share, 0.1), 99.9):.1f} %"


def shortened(text: str, longest: int = _LONGEST) -> str:
    """`text` with its blanks collapsed, cut to `longest` characters."""
    collapsed = " ".join(text.split())
    return collapsed if len(collapsed) <= longest else collapsed[: longest - 3] + "..."


def multiplied(per: tuple[str, ...], times: str) -> str:
    """`× per provider × per agent` for loops in words, outermost first; empty without loops."""
    return " ".join(f"{times} per {name}" for name in per)


def code_units(text: str) -> int:
    """How long `text` is for programs that count UTF-16 code units: browsers, editors, GitHub."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
