"""Loops in words, and which of them multiply."""

import pytest

from alef_audit.auditing.naming import loop_name, singular
from alef_audit.callgraph.loops import Multiplicity, Ranged
from alef_audit.rulepack.load import bundled_rules, load_rulepack

LOOPS = Multiplicity(load_rulepack([bundled_rules()]).lexicon.loop_words)


@pytest.mark.parametrize(
    ("over", "each", "name"),
    [
        ("listProviders(cfg)", "const provider", "provider"),
        ("providers", "p", "provider"),
        ("this.agents.values()", "", "agent"),
        ("self.entries", "entry", "entry"),
        ("Object.entries(cfg.auth.profiles ?? {}) ", "[id, profile]", "profile"),
        ("Object.entries(providers).filter(([id]) => id)", "", "provider"),
        ("cfg.agents?.list ?? []", "agent", "agent"),
        ("[...new Set(paths)]", "", "path"),
        ("[x for x in providers if x]", "x", "provider"),
        ("sorted(self._devices.values(), key=by_name)", "d", "device"),
        ("resolveMatrixAccountIds(params.cfg)", "", "matrix account"),
        ("candidates", "const dir", "dir"),
        ("candidates", "candidate", "candidate"),
        ("deduped", "const profileId", "profile"),
        ('response["statuses"]', "s", "status"),
        ("Users.get_users_by_user_ids(user_ids)", "u", "user"),
        ("os.walk(folder)", "root, dirs, files", "file"),
        ("fs.readdirSync(dir, { withFileTypes: true })", "const entry", "directory entry"),
        ("range(self.max_retries)", "_", "attempt of the retry"),
        ("range(3)", "attempt", "attempt of the retry"),
        ("range(max_iterations)", "_", "iteration"),
        ("range(0, len(vectors), batch_size)", "i", "batch of vectors"),
        ("range(len(rows))", "i", "row"),
        ("range(3)", "_", "round"),
        ("data.items()", "key, value", "item of data"),
        ("fetch(url)", "x", "item"),
        ("resolveTranscriptCandid….file, agentId)", "", "item"),
    ],
)
def test_names(over: str, each: str, name: str) -> None:
    assert loop_name(Ranged(over, each), LOOPS) == name


@pytest.mark.parametrize(
    ("test", "name", "multiplies"),
    [
        ("queue.length > 0", "item of queue", True),
        ("(stack.length)", "item of stack", True),
        ("not self.tasks.empty()", "task", True),
        ("len(todo) > 0", "item of todo", True),
        ("pending", "item of pending", True),
        ("true", "round", False),
        ("running", "round", False),
        ("attempt < maxAttempts", "attempt of the retry", False),
        ("results.length < limit", "round", False),
    ],
)
def test_loops_that_range_over_nothing(test: str, name: str, multiplies: bool) -> None:
    loop = Ranged("", "", test)
    assert (loop_name(loop, LOOPS), LOOPS.multiplies(loop)) == (name, multiplies)


@pytest.mark.parametrize(
    "over",
    [
        "providers",
        "range(300)",
        "range(count)",
        "(xs ?? [])",
        "[...found]",
        "(p for p in found)",
        "xs.filter(Boolean)",
        "xs.slice(1)",
    ],
)
def test_what_grows_with_the_data_multiplies(over: str) -> None:
    assert LOOPS.multiplies(Ranged(over))


@pytest.mark.parametrize(
    "over",
    [
        '["a", "b"]',
        '("a", "b")',
        '{"a", "b"}',
        'enumerate(["a", "b"])',
        'new Set(["a", "b"])',
        "range(3)",
        "range(1, 9)",
        "range(self.tries)",
        "SUFFIXES",
        "Object.entries(defaults.SUFFIXES)",
        "cls.SUFFIXES.items()",
        "found.slice(0, 3)",
        "found[:3]",
        "found[-3:]",
        "found.slice(-3)",
        "Array.from({ length: 3 })",
    ],
)
def test_a_handful_does_not(over: str) -> None:
    assert not LOOPS.multiplies(Ranged(over))


def test_the_callback_names_what_the_collection_does_not() -> None:
    assert loop_name(Ranged("eligible"), LOOPS, "provider") == "provider"
    assert loop_name(Ranged("agents"), LOOPS, "id") == "agent"


@pytest.mark.parametrize(
    ("plural", "single"),
    [("batches", "batch"), ("addresses", "address"), ("entries", "entry"), ("caches", "cache"), ("status", "status")],
)
def test_singulars(plural: str, single: str) -> None:
    assert singular(plural) == single
