"""Files as no editor leaves them: a fixed number of mutated ones for everything that reads files.

`python -m tests.fuzz` tries as many as wanted.
"""

from itertools import islice
from pathlib import Path

import pytest

from tests.fuzz.campaign import attempt, attempts, material
from tests.fuzz.mutators import Seed
from tests.fuzz.targets import TARGETS, Target, target_called


@pytest.mark.parametrize("target", TARGETS, ids=[target.name for target in TARGETS])
def test_no_input_is_too_much(target: Target, tmp_path: Path) -> None:
    numbers = iter(range(target.in_ci))
    tried = list(islice(attempts(target, material(target, ()), "ci", numbers, tmp_path), target.in_ci))
    assert [(one.number, one.failure, one.details) for one in tried if one.failure] == []
    assert len(tried) == target.in_ci


@pytest.mark.parametrize("data", [b"a" + b" " * 200_000, b"a" * 200_000], ids=["blanks", "name"])
def test_what_is_long_is_read_in_a_bounded_time(data: bytes, tmp_path: Path) -> None:
    seed = Seed("mutated.js", b"function f({ b" + data + b"(): c }) { g(" + data + b"); }\nfunction g() {}\n")
    assert attempt(target_called("ecmascript"), seed, tmp_path).failure == ""
