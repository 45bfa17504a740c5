"""Which function of one graph is which of the other: by file and position, or by dotted name."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tests.benchmarks.graphs import Function, Graph, enclosing

_CONSTRUCTOR = "constructor"
_LAMBDA = "<lambda"
# Leading parts of paths or names that one side may have more than the other: the tools were started in other folders.
_MOST_DROPPED = 3


class Matching(NamedTuple):
    """What both tools know. A function of either is mapped to an index into our functions, the same one for both."""

    ours: dict[int, int]
    theirs: dict[int, int]
    ours_alone: tuple[int, ...]  # in files that the other tool has read
    theirs_alone: tuple[int, ...]  # in our files
    ours_elsewhere: int  # in files that the other tool has not read
    theirs_elsewhere: int  # in files, or modules, that we have not read


def match_functions(ours: Graph, theirs: Graph) -> Matching:
    """Match by name where the other format knows no places, else by place."""
    if any(function.path for function in theirs.functions):
        return _by_place(ours.functions, theirs.functions)
    return _by_name(ours.functions, theirs)


def bodies(functions: Iterable[Function]) -> frozenset[int]:
    """The module bodies among our functions: the first of every file."""
    first: dict[str, int] = {}
    for index, function in enumerate(functions):
        first.setdefault(function.path, index)
    return frozenset(first.values())


def _by_place(ours: tuple[Function, ...], theirs: tuple[Function, ...]) -> Matching:
    ours = _aligned_paths(ours, theirs)
    pairs = dict(_at_the_same_place(ours, theirs))
    pairs |= dict(_on_the_same_lines(ours, theirs, pairs))
    pairs |= dict(_constructors(ours, theirs, pairs))
    read, own = {function.path for function in theirs}, {function.path for function in ours}
    known = set(pairs.values())
    return Matching(
        {index: index for index in sorted(known)},
        pairs,
        tuple(index for index, one in enumerate(ours) if index not in known and one.path in read),
        tuple(index for index, one in enumerate(theirs) if index not in pairs and one.path in own),
        sum(one.path not in read for one in ours),
        sum(one.path not in own for one in theirs),
    )


def _at_the_same_place(ours: tuple[Function, ...], theirs: tuple[Function, ...]) -> Iterator[tuple[int, int]]:
    """Pairs (theirs, ours) with the same start; of several the ones that end nearest."""
    starting: defaultdict[tuple[str, int, int], list[int]] = defaultdict(list)
    for index, function in enumerate(ours):
        starting[function.path, function.line, function.column].append(index)
    for number, other in sorted(enumerate(theirs), key=lambda item: -item[1].end_line):
        candidates = starting[other.path, other.line, other.column]
        if candidates:
            nearest = min(candidates, key=lambda index: (abs(ours[index].end_line - other.end_line), index))
            candidates.remove(nearest)
            yield number, nearest


def _on_the_same_lines(
    ours: tuple[Function, ...], theirs: tuple[Function, ...], pairs: dict[int, int]
) -> Iterator[tuple[int, int]]:
    """Of what is left, pairs with the same lines: tools disagree on where `async` or a key starts a function."""
    known = set(pairs.values())
    left = _spans(one for one in enumerate(ours) if one[0] not in known)
    right = _spans(one for one in enumerate(theirs) if one[0] not in pairs)
    for span, numbers in right.items():
        if len(numbers) == len(left.get(span, ())):
            yield from zip(numbers, left[span], strict=True)


def _spans(functions: Iterable[tuple[int, Function]]) -> dict[tuple[str, int, int], list[int]]:
    spans: defaultdict[tuple[str, int, int], list[int]] = defaultdict(list)
    for index, function in sorted(functions, key=lambda item: (item[1].column, item[0])):
        spans[function.path, function.line, function.end_line].append(index)
    return spans


def _constructors(
    ours: tuple[Function, ...], theirs: tuple[Function, ...], pairs: dict[int, int]
) -> Iterator[tuple[int, int]]:
    """Jelly puts a constructor where its class is: the smallest place around ours that nothing else has."""
    known = set(pairs.values())
    innermost = enclosing(theirs)
    for index, function in enumerate(ours):
        if index not in known and function.name.endswith("." + _CONSTRUCTOR):
            number = innermost(function)
            if number >= 0 and number not in pairs:
                yield number, index


def _by_name(ours: tuple[Function, ...], theirs: Graph) -> Matching:
    """Functions that share a name are one: neither accessors nor overloads can be told apart."""
    names = _aligned([one.name.split(".") for one in ours], [one.name.split(".") for one in theirs.functions])
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        first.setdefault(name, index)
    modules = {names[index] for index in bodies(ours)}
    scopes = {name[:at] for name in names for at in range(len(name)) if name[at] == "."}
    nameless = _nameless(names)
    pairs: dict[int, int] = {}
    alone: list[int] = []
    classes = 0
    calling = {edge.caller for edge in theirs.edges} - {edge.callee for edge in theirs.edges}
    for number, function in enumerate(theirs.functions):
        scope, _, last = function.name.rpartition(".")
        if function.name in first:
            pairs[number] = first[function.name]
        elif last.startswith(_LAMBDA):
            order = int(last.removeprefix(_LAMBDA).rstrip(">") or 1)
            if order <= len(nameless[scope]):
                pairs[number] = nameless[scope][order - 1]
            elif scope in scopes or scope in first:
                alone.append(number)
        elif function.name in scopes:
            # a class: what its body calls is called by what surrounds it
            classes += number not in calling
            if number in calling:
                pairs[number] = first[_known_above(function.name, first)]
        elif any(function.name.startswith(f"{module}.") for module in modules):
            alone.append(number)
    known = set(pairs.values())
    same = {index: first[name] for index, name in enumerate(names) if first[name] in known}
    return Matching(
        same | {index: index for index in sorted(known)},
        pairs,
        tuple(index for index, name in enumerate(names) if index not in known and index not in same),
        tuple(alone),
        0,
        len(theirs.functions) - len(pairs) - len(alone) - classes,
    )


def _known_above(name: str, known: dict[str, int]) -> str:
    while name not in known:
        name = name.rpartition(".")[0]
    return name


def _nameless(names: list[str]) -> defaultdict[str, list[int]]:
    """Functions without a name of their own by the scope they are written in, in order; we name them by their use."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    known = set(names)
    for index, name in enumerate(names):
        if not all(part.isidentifier() for part in name.split(".")):
            ends = (at for at in range(len(name) - 1, 0, -1) if name[at] == "." and name[:at] in known)
            found[next((name[:at] for at in ends), "")].append(index)
    return found


def _aligned_paths(ours: tuple[Function, ...], theirs: tuple[Function, ...]) -> tuple[Function, ...]:
    paths = _aligned([one.path.split("/") for one in ours], [one.path.split("/") for one in theirs], "/")
    return tuple(one._replace(path=path) for one, path in zip(ours, paths, strict=True))


def _aligned(ours: list[list[str]], theirs: list[list[str]], separator: str = ".") -> list[str]:
    """Our names in the words of the other side: the leading parts that most of them lack, or have too many."""
    mine, other = ({tuple(parts) for parts in side} for side in (ours, theirs))
    lacking = Counter(((), name[:cut]) for name in other for cut in range(_MOST_DROPPED + 1) if name[cut:] in mine)
    excess = Counter((name[:cut], ()) for name in mine for cut in range(1, _MOST_DROPPED + 1) if name[cut:] in other)
    votes = lacking + excess
    dropped, added = max(
        sorted(votes, key=lambda one: (len(one[0]) + len(one[1]), one)), key=votes.__getitem__, default=((), ())
    )
    return [
        separator.join((*added, *parts[len(dropped) :]) if tuple(parts[: len(dropped)]) == dropped else parts)
        for parts in ours
    ]
