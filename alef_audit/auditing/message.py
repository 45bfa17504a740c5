"""The sentence of a finding."""

from itertools import groupby
from typing import Final

from alef_audit.rulepack.kinds import Kinds, RootKind

_LONGEST: Final = 30


def message(call: str, root: RootKind, kinds: Kinds, *, auth: bool, per: tuple[str, ...]) -> str:
    """`fs.readFileSync blocks the event loop once per provider per agent on every attempt in the auth phase`.

    `per` are the loops that multiply, in words, outermost first; how a root fires is data of its kind.
    """
    named = [name if len(name) <= _LONGEST else "item" for name in per]
    often = f" once{''.join(f' per {name}' for name, _ in groupby(named))}" if per else ""
    phase = " in the auth phase" if auth else ""
    return f"{call} blocks the event loop{often} {kinds.root[root].fires}{phase}"
