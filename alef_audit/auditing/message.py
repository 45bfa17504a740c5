"""The sentence of a finding."""

from itertools import groupby
from typing import Final

from alef_audit.callgraph.graph import RootSite
from alef_audit.rulepack.kinds import Kinds

_LONGEST: Final = 30
_LONGEST_TEST: Final = 65  # with what introduces it
_PLAIN: Final = ("message", "messages")  # names of events that say no more than their kind


def message(
    call: str, root: RootSite, kinds: Kinds, *, auth: bool, per: tuple[str, ...], most: bool = False, when: str = ""
) -> str:
    """`fs.readFileSync blocks the event loop once per provider per agent on every attempt in the auth phase`.

    `per` are the loops that multiply, in words, outermost first, `most` if one of them ends at the first hit. How a
    root fires is data of its kind; one
    that is registered for an event which is named fires with that. `when` is a clause on what of that takes the path.
    """
    named = [name if len(name) <= _LONGEST else "item" for name in per]
    often = f" {'up to ' if most else ''}once{''.join(f' per {name}' for name, _ in groupby(named))}" if per else ""
    phase = " in the auth phase" if auth else ""
    test = (when if len(when) <= _LONGEST_TEST else f"{when[: _LONGEST_TEST - 1]}…") if when else ""
    selected = f", {test}" if test else ""
    return f"{call} blocks the event loop{often} {_occasion(root, kinds, bool(when))}{phase}{selected}"


def _occasion(root: RootSite, kinds: Kinds, selects: bool) -> str:
    if root.event and root.event not in _PLAIN:
        return f'on "{root.event}"' if selects else f'on every "{root.event}"'
    return kinds.root[root.kind].at_times if selects else kinds.root[root.kind].fires
