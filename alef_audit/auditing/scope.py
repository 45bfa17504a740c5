"""What a cache on a path could be keyed by, and how long what it keeps is good."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from alef_audit.auditing.phase import split_words
from alef_audit.auditing.steps import Step, Steps
from alef_audit.callgraph.keeping import chain
from alef_audit.facts.inputs import FunctionInputs
from alef_audit.rulepack.lexicon import AdviceWords


class Key(NamedTuple):
    names: tuple[str, ...]
    step: int  # where they are in scope


NO_KEY = Key((), -1)


def key_in_scope(
    steps: Steps, path: Sequence[Step], wrapped: int, inputs: Mapping[int, FunctionInputs], words: AdviceWords
) -> Key:
    """Names of keys among what the `wrapped` step's function takes, or else its nearest caller on the path."""
    for at in range(wrapped, -1, -1):
        names = tuple(name for name in taken(steps, path[at], inputs) if is_key(name, words))
        if names:
            return Key(names, at)
    return NO_KEY


def taken(steps: Steps, step: Step, inputs: Mapping[int, FunctionInputs]) -> tuple[str, ...]:
    """Names of parameters, and of what the function reads off them or takes them apart into."""
    names = steps.graph.program.unit_of(step.function).facts.names
    own = [names[parameter.name] for parameter in steps.facts(step).parameters if parameter.name]
    read = inputs.get(step.function)
    return tuple(dict.fromkeys((*own, *(read.fields if read is not None else ()))))


def is_key(name: str, words: AdviceWords) -> bool:
    """Whether a name ends like one that tells sessions, hosts, agents … apart: `sessionId`, `agentDir`, `provider`."""
    parts = list(split_words(name))
    if any(" ".join(parts).endswith(phrase) for phrase in words.no_keys):
        return False
    if parts and parts[-1] in words.keys:
        return True
    return len(parts) > 1 and parts[-1] in words.key_ends and parts[-2] in words.keys


def expiry_of(steps: Steps, path: Sequence[Step], inputs: Mapping[int, FunctionInputs], words: Sequence[str]) -> str:
    """A name in the functions of `path` that has one of `words` in it, the shortest; "" if there is none."""
    wanted = frozenset(words)
    found: set[str] = set()
    for step in path:
        read = inputs.get(step.function)
        names = set(read.words) if read is not None else set()
        names.update(_tested(steps, step))
        found |= {name for name in names if not wanted.isdisjoint(split_words(name))}
    return min(found, key=lambda name: (len(name), name)) if found else ""


def _tested(steps: Steps, step: Step) -> set[str]:
    """Names in the tests around the step's call."""
    if step.call < 0:
        return set()
    conditions = steps.graph.program.unit_of(step.function).facts.conditions
    texts = (conditions[index].text for index in chain(conditions, steps.graph.table.condition(step.call)))
    return {name for text in texts for name in text.replace("?.", ".").split(".") if name.isidentifier()}
