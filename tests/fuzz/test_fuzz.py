"""Files as no editor leaves them: a fixed number of mutated ones for everything that reads files.

`python -m tests.fuzz` tries as many as wanted.
"""

from itertools import islice
from pathlib import Path

import pytest

from tests.fuzz.campaign import attempts, material
from tests.fuzz.targets import TARGETS, Target


@pytest.mark.parametrize("target", TARGETS, ids=[target.name for target in TARGETS])
def test_no_input_is_too_much(target: Target, tmp_path: Path) -> None:
    numbers = iter(range(target.in_ci))
    tried = list(islice(attempts(target, material(target, ()), "ci", numbers, tmp_path), target.in_ci))
    assert [(one.number, one.failure, one.details) for one in tried if one.failure] == []
    assert len(tried) == target.in_ci
