"""Profiles and lines of monitors: which stacks they give."""

import json
from pathlib import Path
from typing import Any

import pytest

from alef_audit.diagnostics import UsageError
from alef_audit.evidence.profiles.read import is_profile, read_profile, read_stacks
from alef_audit.evidence.stacks import Spot, Stack, Stacks

SYNC_IO = """\
(node:7) WARNING: Detected use of sync API
    at realpathSync (node:fs:2741:29)
    at finalizeResolution (node:internal/modules/esm/resolve:288:18)
    at #cachedResolve (node:internal/modules/esm/loader:657:25)

(node:7) WARNING: Detected use of sync API
    at spawnSync (node:internal/child_process:1109:29)
    at execFileSync (node:child_process:920:15)
    at runHelper (file:///srv/app/src/keys%20file.mjs:12:3)
    at async handle (file:///srv/app/src/app.mjs:8:3)
    at file:///srv/app/src/app.mjs:14:5
    at processTicksAndRejections (node:internal/process/task_queues:95:5)
14:00:01 [ws] sessions.list 12ms
"""
BLOCKBUSTER = """\
ERROR:    Exception in ASGI application
Traceback (most recent call last):
  File "/usr/lib/python3.11/asyncio/events.py", line 84, in _run
    self._context.run(self._callback, *self._args)
  File "/srv/app/service/api.py", line 31, in handle
    return load(key)
           ^^^^^^^^^
  File "/srv/app/service/store.py", line 9, in load
    return requests.get(URL)
  File "/srv/venv/lib/python3.11/site-packages/blockbuster/blockbuster.py", line 109, in wrapper
    raise BlockingError(func_name)
blockbuster.blockbuster.BlockingError: Blocking call to socket.socket.connect
"""
DETECTED = """\
2026-03-02 14:00:01.120 WARNING (MainThread) [homeassistant.util.loop] Detected blocking call to open with args \
('/config/x',) inside the event loop by custom integration 'acme' at custom_components/acme/sensor.py, line 41: \
data = load(path) (offender: /config/custom_components/acme/store.py, line 7: with open(path) as f:), please report it
For developers, please see https://developers.home-assistant.io/docs/asyncio_blocking_operations/
Traceback (most recent call last):
  File "/usr/lib/python3.13/asyncio/base_events.py", line 2010, in _run_once
    handle._run()
  File "/usr/lib/python3.13/asyncio/events.py", line 89, in _run
    self._context.run(self._callback, *self._args)
  File "/config/custom_components/acme/sensor.py", line 41, in async_update
    data = load(path)
  File "/config/custom_components/acme/store.py", line 7, in load
    with open(path) as f:
2026-03-02 14:00:02.000 INFO (MainThread) [homeassistant] fine
"""
EXECUTING = (
    "Executing <Task finished name='Task-4' coro=<Api.handle() done, defined at /srv/app/service/api.py:28> "
    "result='<a b=c>' created at /usr/lib/python3.11/asyncio/tasks.py:384> took 0.124 seconds\n"
    "Executing <Handle <TaskWakeupMethWrapper object at 0x7f>() created at x.py:1> took 1.500 seconds\n"
    "Executing <Task pending name='Task-5' coro=<tick() running at C:\\srv\\service\\jobs.py:12> wait_for=<Future>> "
    "took 0.200 seconds\n"
)


def stacks_of(folder: Path, text: str) -> tuple[Stack, ...]:
    (folder / "a.log").write_text(text, encoding="utf-8")
    stacks = Stacks()
    read_stacks(str(folder / "a.log"), stacks)
    return stacks.found()


def profile(folder: Path, document: dict[str, Any]) -> tuple[Stack, ...]:
    (folder / "a.json").write_text(json.dumps(document), encoding="utf-8")
    stacks = Stacks()
    assert is_profile(str(folder / "a.json"))
    read_profile(str(folder / "a.json"), stacks)
    return stacks.found()


def node(
    number: int, name: str, url: str, line: int, children: tuple[int, ...] = (), column: int = 4
) -> dict[str, Any]:
    frame = {"functionName": name, "scriptId": "9", "url": url, "lineNumber": line, "columnNumber": column}
    return {"id": number, "callFrame": frame, "hitCount": 0, "children": list(children)}


def cpu_profile(*nodes: dict[str, Any], samples: tuple[int, ...]) -> dict[str, Any]:
    deltas = [500, *([10_000] * len(samples))][: len(samples)]
    return {"nodes": list(nodes), "startTime": 1, "endTime": 9, "samples": list(samples), "timeDeltas": deltas}


def test_a_cpu_profile_tells_how_long_each_call_held_the_loop(tmp_path: Path) -> None:
    document = cpu_profile(
        node(1, "(root)", "", -1, (2, 9)),
        node(2, "handle", "file:///srv/app.mjs", 4, (3, 6)),
        node(3, "readFileSync", "node:fs", 440, (4,)),
        node(4, "readSync", "node:fs", 700, (5,)),
        node(5, "read", "", -1),
        node(6, "parse", "", -1),
        node(9, "(idle)", "", -1),
        samples=(4, 5, 5, 6, 9, 4, 9),
    )
    by_leaf = sorted(profile(tmp_path, document), key=lambda stack: stack.ms)
    assert [(stack.blocking, stack.ms, stack.count) for stack in by_leaf] == [("readFileSync", 40.0, 4)]
    assert by_leaf[0].spots == (Spot("handle", "file:///srv/app.mjs", 0, 5, 5),)


@pytest.mark.parametrize(
    "outer",
    [node(2, "", "file:///srv/app.mjs", 0, (3,), 0), node(2, "load", "node:internal/modules/cjs/loader", 9, (3,))],
)
def test_what_runs_while_modules_are_loaded_is_no_evidence(tmp_path: Path, outer: dict[str, Any]) -> None:
    inner = node(3, "handle", "file:///srv/app.mjs", 4, (4,)), node(4, "readFileSync", "node:fs", 440)
    assert profile(tmp_path, cpu_profile(node(1, "(root)", "", -1, (2,)), outer, *inner, samples=(4, 4, 4))) == ()


def test_a_callback_below_a_blocking_call_is_not_part_of_it(tmp_path: Path) -> None:
    document = cpu_profile(
        node(1, "(root)", "", -1, (2,)),
        node(2, "handle", "file:///srv/app.mjs", 4, (3,)),
        node(3, "existsSync", "node:fs", 440, (4,)),
        node(4, "toString", "file:///srv/app.mjs", 9),
        samples=(4, 4, 4),
    )
    assert profile(tmp_path, document) == ()


def test_a_speedscope_file_tells_what_runs_below_the_loop(tmp_path: Path) -> None:
    frames = [
        {"name": "<module>", "file": "/srv/main.py", "line": 9},
        {"name": "BaseEventLoop._run_once", "file": "/usr/lib/python3.11/asyncio/base_events.py", "line": 1922},
        {"name": "Handle._run", "file": "/usr/lib/python3.11/asyncio/events.py", "line": 80},
        {"name": "handle", "file": "/srv/api.py", "line": 31, "col": None},
        {"name": "read_text", "file": "/usr/lib/python3.11/pathlib.py", "line": 1058},
    ]
    document = {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "shared": {"frames": frames},
        "profiles": [
            {
                "type": "sampled",
                "name": "MainThread",
                "unit": "seconds",
                "samples": [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 4], [0, 1, 2]],
                "weights": [0.01, 0.02, 0.5, 0.5],
            }
        ],
    }
    (found,) = profile(tmp_path, document)
    assert [spot.function for spot in found.spots] == ["handle", "read_text"]
    assert (found.spots[0].line, found.count, round(found.ms)) == (31, 2, 30)


def test_trace_sync_io_gives_one_stack_per_warning(tmp_path: Path) -> None:
    first, second = stacks_of(tmp_path, SYNC_IO * 2)[0], stacks_of(tmp_path, SYNC_IO * 2)
    assert len(second) == 1
    assert (first.blocking, first.count, first.place.line) == ("execFileSync", 2, 6)
    assert [(spot.function, spot.line) for spot in first.spots[1:]] == [("", 14), ("handle", 8), ("runHelper", 12)]


def test_a_blocking_call_that_a_monitor_caught_has_its_traceback(tmp_path: Path) -> None:
    (caught,) = stacks_of(tmp_path, BLOCKBUSTER)
    assert (caught.blocking, caught.place.line) == ("socket.socket.connect", 12)
    assert [(spot.function, spot.line) for spot in caught.spots] == [("handle", 31), ("load", 9)]
    (detected,) = stacks_of(tmp_path, DETECTED)
    assert detected.blocking == "open"
    assert [(spot.function, spot.line) for spot in detected.spots] == [("async_update", 41), ("load", 7)]
    (alone,) = stacks_of(tmp_path, DETECTED.splitlines()[0])
    assert alone.spots == (Spot("", "/config/custom_components/acme/store.py", 7),)
    core = "Detected blocking call to open with args None in /srv/core.py, line 70: open(x) inside the event loop; This"
    assert stacks_of(tmp_path, core)[0].spots == (Spot("", "/srv/core.py", 70),)


def test_asyncio_tells_the_coroutine_of_a_step_that_took_long(tmp_path: Path) -> None:
    done, running = stacks_of(tmp_path, EXECUTING)
    assert (done.spots, done.ms) == ((Spot("Api.handle", "/srv/app/service/api.py", 0, 28),), 124.0)
    assert running.spots == (Spot("tick", "C:\\srv\\service\\jobs.py", 12),)


@pytest.mark.parametrize("text", ["{", "[1]", "14:00 [ws] x\n", '{"nodes": 1}', ""])
def test_other_files_are_logs(tmp_path: Path, text: str) -> None:
    (tmp_path / "a").write_text(text)
    assert not is_profile(str(tmp_path / "a"))


@pytest.mark.parametrize(
    "text", ['{"nodes":[{"id":1,"callFrame":', '{"nodes":[{"callFrame":{}}]}', '{"shared":{"frames":3}}']
)
def test_a_damaged_profile_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "a").write_text(text)
    with pytest.raises(UsageError, match="not a profile that can be read"):
        read_profile(str(tmp_path / "a"), Stacks())


def test_a_profile_of_a_worker_is_told_by_how_the_thread_began_or_by_its_name(tmp_path: Path) -> None:
    inner = node(2, "handle", "file:///srv/app.mjs", 4, (3,)), node(3, "readFileSync", "node:fs", 440)
    started = {kind: node(9, "", f"node:internal/main/{kind}", 0) for kind in ("worker_thread", "run_main_module")}
    for name, began, counts in (
        ("CPU.20260302.140000.7.0.001.cpuprofile", None, True),
        ("CPU.20260302.140000.7.1.002.cpuprofile", None, False),
        ("CPU.20260302.140000.7.1.002.cpuprofile", "run_main_module", True),
        ("renamed.cpuprofile", "worker_thread", False),
        ("renamed.cpuprofile", None, True),
    ):
        others = [started[began]] if began is not None else []
        document = cpu_profile(node(1, "(root)", "", -1, (2, 9)), *inner, *others, samples=(3, 3, 3))
        (tmp_path / name).write_text(json.dumps(document), encoding="utf-8")
        stacks = Stacks()
        read_profile(str(tmp_path / name), stacks)
        assert (len(stacks.found()), len(stacks.notes())) == ((1, 0) if counts else (0, 1)), (name, began)


def speedscope(*threads: list[list[int]]) -> dict[str, Any]:
    """Samples of threads; a stack is a list of the frames below."""
    files = ("/srv/main.py", "/usr/lib/python3.11/threading.py", "/usr/lib/python3.11/asyncio/events.py", "/srv/api.py")
    names = ("<module>", "Thread._bootstrap", "Handle._run", "handle")
    frames = [{"name": name, "file": file, "line": 9} for name, file in zip(names, files, strict=True)]
    frames.append({"name": "BaseEventLoop._run_once", "file": "/usr/lib/python3.11/asyncio/base_events.py", "line": 1})
    frames.append({"name": "EpollSelector.select", "file": "/usr/lib/python3.11/selectors.py", "line": 468})
    profiles = [
        {"type": "sampled", "name": 'Thread 7 ""', "unit": "seconds", "samples": one, "weights": [0.01] * len(one)}
        for one in threads
    ]
    return {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "shared": {"frames": frames},
        "profiles": profiles,
    }


def test_the_loop_of_the_main_thread_is_the_programs_where_it_runs_one(tmp_path: Path) -> None:
    second = [[1, 2, 3], [1, 2, 3], [1, 3]]
    (main,) = profile(tmp_path, speedscope([[0, 2, 3]], second))
    assert main.count == 1
    (only,) = profile(tmp_path, speedscope([[0, 3]], second))
    assert only.count == 2
    stacks = Stacks()
    (tmp_path / "both.json").write_text(json.dumps(speedscope([[0, 2, 3]], second)))
    read_profile(str(tmp_path / "both.json"), stacks)
    assert stacks.notes()[0].endswith("left out: 2")


def test_a_loop_that_waits_is_not_held(tmp_path: Path) -> None:
    assert profile(tmp_path, speedscope([[0, 4, 5]])) == ()
