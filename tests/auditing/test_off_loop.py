"""Code that asks which thread it runs on; every form has a negative twin."""

from pathlib import Path

import pytest

from tests.auditing.test_ruled_out import PY, found

LEAVES = [
    ("if loop_ident == threading.get_ident():", "    raise RuntimeError", "return work()"),
    ("if (ident := loop.ident) and ident == threading.get_ident():", "    raise RuntimeError", "return work()"),
    ("if threading.get_ident() != loop_ident:", "    return work()"),
    ("if loop_ident == threading.get_ident() or request:", "    return 0", "return work()"),
    ("try:", "    asyncio.get_running_loop()", "except RuntimeError:", "    return work()"),
    ("try: asyncio.get_running_loop()", "except RuntimeError: pass", "else: raise RuntimeError", "return work()"),
    ("loop = asyncio.get_event_loop()", "if loop.is_running():", "    raise RuntimeError", "return work()"),
    ("threadsafe()", "return work()"),
    ("asyncio.run(log())", "return work()"),
    ("value = asyncio.run(", "    log()", ")", "return work()"),
    (
        "try:",
        "    asyncio.run(log())",
        "    return work()",
        "except RuntimeError as error:",
        "    log()",
        "    raise error",
    ),
    ("loop.run_until_complete(log())", "if request:", "    return work()"),
    (
        "try: own_loop = asyncio.get_running_loop()",
        "except RuntimeError: own_loop = None",
        "if own_loop is None: return work()",
    ),
    (
        "try: own_loop = asyncio.get_running_loop()",
        "except RuntimeError: own_loop = None",
        "if own_loop is not None: return log()",
        "else: return work()",
    ),
    ("fut = threadsafe()", "if fut: return work()"),
    ("fut = threadsafe(lambda: log()).result()", "return work()"),
]
STAYS = [
    ("if worker_ident == threading.get_ident():", "    return 0", "return work()"),
    ("if loop_ident == threading.get_ident():", "    return work()"),
    ("if loop_ident != threading.get_ident() or request:", "    return work()"),
    ("try:", "    loop = asyncio.get_running_loop()", "except RuntimeError:", "    return 0", "return work()"),
    ("try: asyncio.get_running_loop()", "except RuntimeError: pass", "else: log()", "return work()"),
    ("if own_loop.is_running():", "    return 0", "return work()"),
    ("if request: threadsafe()", "return work()"),
    ("work()", "threadsafe()"),
    ("try: threadsafe()", "except RuntimeError: pass", "return work()"),
    ("returning()", "return work()"),
    ("if request: asyncio.run(log())", "return work()"),
    ("try: asyncio.run(log())", "except RuntimeError: pass", "return work()"),
    ("try: asyncio.run(log())", "except ValueError: raise", "except RuntimeError: pass", "return work()"),
    ("work()", "asyncio.run(log())"),
    ("runner.run(log())", "return work()"),
    (
        "try: own_loop = asyncio.get_running_loop()",
        "except RuntimeError: own_loop = None",
        "if own_loop: return work()",
    ),
]
HELPERS = """
import asyncio


def threadsafe(fut=None):
    if loop_ident == threading.get_ident():
        raise RuntimeError
    fut()
    return loop.submit(fut)


def returning(fut=None):
    if loop_ident == threading.get_ident():
        return None
    return loop.submit(fut)


def answer(request):
"""


def answering(lines: tuple[str, ...]) -> str:
    return HELPERS + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize("lines", LEAVES)
def test_what_the_thread_of_the_loop_leaves_is_cut(lines: tuple[str, ...], tmp_path: Path) -> None:
    finding = found(tmp_path, PY, answering(lines))
    assert finding is None or finding.verdict == "discharged"


@pytest.mark.parametrize("lines", STAYS)
def test_what_it_comes_to_stays(lines: tuple[str, ...], tmp_path: Path) -> None:
    finding = found(tmp_path, PY, answering(lines))
    assert finding is not None
    assert finding.verdict == "exposed"
