"""What the solver knows of collections besides what they hold: which are mappings, how long literals are."""

from alef_audit.callgraph.program import Program
from alef_audit.facts.flows import POSITIONS


class Stock:
    """Grows while the constraints are solved; a part of the solver's state."""

    __slots__ = (
        "blank",
        "generators",
        "getter_results",
        "getters",
        "holders",
        "installed",
        "keyed",
        "lengths",
        "named_freely",
        "negative",
        "overrides",
        "pairs",
        "spread_into",
    )

    def __init__(self, program: Program) -> None:
        ids = program.name_ids
        self.blank: frozenset[int] = frozenset()  # constructor functions of which each call makes a map of its own
        self.keyed: dict[int, bool] = {}  # tokens of mappings -> whether iterating one gives pairs, not keys
        self.generators: set[int] = set()  # tokens of what generator functions give
        self.pairs: dict[int, int] = {}  # token of a pair -> name that is its first element
        self.lengths: dict[int, int] = {}  # token of a literal sequence -> number of its elements
        self.negative = {ids[f"-{n}"]: n for n in range(1, POSITIONS + 1) if f"-{n}" in ids}
        self.named_freely = False  # there is a `setattr` under a name that is not known
        self.overrides: dict[int, set[int]] = {}  # token of a literal -> names that it sets after what it spreads
        self.spread_into: dict[int, set[int]] = {}  # variable -> tokens whose fields what it holds takes
        self.holders: dict[tuple[int, ...], int] = {}  # objects that the analysis makes, by what they are made for
        self.installed: dict[int, tuple[int, ...]] = {}  # call of a collection's function -> slots that it calls back
        self.getters: dict[int, tuple[str, int]] = {}  # token of `attrgetter(name)` and its like -> kind, name
        self.getter_results: dict[tuple[int, int], int] = {}  # (such a token, call) -> variable of what it gives
