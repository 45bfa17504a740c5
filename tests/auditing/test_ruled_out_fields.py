"""Branches of constructors that ask for a field which the constructor binds to what it was not handed, and values that
several functions hand on before one asks.  Every form has a negative twin.
"""

from pathlib import Path

import pytest

from tests.auditing.test_ruled_out import PY, found

# what the constructor binds and asks, and whether nothing handed over keeps it from the work
CONSTRUCTED = [
    ("self.folder = folder", "self.folder", True),
    ("self.folder = Path(folder) if folder else None", "self.folder", True),
    ("self.folder = Path(folder) if folder is not None else None", "self.folder is not None", True),
    ("self.folder = None if folder is None else Path(folder)", "self.folder", True),
    ('self.folder = folder or ""', "self.folder", True),
    ("self.folder = folder and Path(folder)", "self.folder", True),
    ("self.folder = folder\n        self.other = True", "self.folder and self.other", True),
    ('self.folder = folder or "here"', "self.folder", False),
    ("self.folder = Path(folder) if folder else Path()", "self.folder", False),
    ("self.folder = None if folder else Path()", "self.folder", False),
    ("self.folder = folder\n        if other:\n            self.folder = other", "self.folder", False),
    ("if other:\n            self.folder = folder", "self.folder", False),
    ("self.folder = folder\n        self.fill()", "self.folder", False),
]

CLASS = """
from pathlib import Path


class Prompts:
    def __init__(self, folder=None, other=None):
        BOUND
        if ASKED:
            self.load()

    def load(self):
        return work()
FILL

def answer(request):
    return Prompts(GIVEN)
"""
FILL = "\n    def fill(self):\n        self.folder = '.'\n\n"

HANDED = """
def load(value, path=None):
    if path is None:
        raise ValueError
    return work()


def create(value, path=None):
    return load(value, path)


def add(value, path=None):
    return create(value, path=path)


def register(value, path=None):
    add(value, path=path)


def initialize(values, path=None):
    for value in values:
        register(value, path)


def answer(request):
    initialize(request.values)
"""


@pytest.mark.parametrize(("bound", "asked", "is_cut"), CONSTRUCTED)
def test_a_field_is_what_the_constructor_was_handed(bound: str, asked: str, is_cut: bool, tmp_path: Path) -> None:
    fill = FILL if "fill" in bound else ""
    code = CLASS.replace("BOUND", bound).replace("ASKED", asked).replace("FILL", fill)
    assert (found(tmp_path, PY, code.replace("GIVEN", "")) is None) == is_cut
    assert found(tmp_path, PY, code.replace("GIVEN", "request.folder")) is not None


def test_what_is_missing_stays_so_however_often_it_is_handed_on(tmp_path: Path) -> None:
    assert found(tmp_path, PY, HANDED) is None
    assert found(tmp_path, PY, HANDED.replace("(request.values)", "(request.values, request.path)")) is not None
