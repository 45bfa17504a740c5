"""Small English: counts, plurals, loops in words."""

import re

_SUFFIX_CALLS = re.compile(r"\.(values|keys|entries|items)\(\)$")
_NAME = re.compile(r"[A-Za-z_$#][\w$]*")
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


def per_item(ranged_over: str) -> str:
    """What a loop multiplies by: `this.providers` gives `per provider`, `range(3)` gives `per item of range(3)`."""
    text = _SUFFIX_CALLS.sub("", ranged_over.strip())
    last = text.rpartition(".")[2]
    if not text:
        return "per iteration"
    if not _NAME.fullmatch(last):
        return f"per item of {shortened(text)}"
    single = _singular(last)
    return f"per {single}" if single != last else f"per item of {shortened(text)}"


def multiplied(loops: tuple[str, ...], times: str) -> str:
    """`× per provider × per agent` for the loops of a path, outermost first; empty without loops."""
    return " ".join(f"{times} {per_item(loop)}" for loop in loops)


def _singular(name: str) -> str:
    lower = name.lower()
    if lower.endswith("ies") and len(name) > 4 and lower != "series":
        return name[:-3] + "y"
    if lower.endswith(("sses", "shes", "tches", "xes")):
        return name[:-2]
    if lower.endswith("s") and not lower.endswith(("ss", "us", "is", "series")) and len(name) > 2:
        return name[:-1]
    return name
