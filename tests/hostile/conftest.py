"""A tree to attack from."""

import os
from pathlib import Path

import pytest

from tests.hostile.attacker import CANARY, HOT, Attack, write

collect_ignore_glob = ["*"] if os.name == "nt" else []  # links, limits of processes, shells


@pytest.fixture
def attack(tmp_path: Path) -> Attack:
    made = Attack(tmp_path / "tree", tmp_path / "outside")
    write(made.tree, {"hot.py": HOT, "package.json": '{"name": "tree"}'})
    write(made.outside, {"secret.py": HOT.replace("handler", CANARY)})
    return made
