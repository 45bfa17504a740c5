"""Extraction on several supervised processes: one that dies, or does not end, costs the file that it was reading."""

import gc
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import msgspec

from alef_audit.discovery.inventory import SourceFile
from alef_audit.facts.file import FileFacts, Problem
from alef_audit.frontends.extract import ENCODER, Keep, Progress, Share, empty_facts, extract_file, language_of

_CHUNK = 16
# Chunks that a process has before it: with the next one there, it does not wait for us between two.
_AHEAD = 2
# A file of the largest size that is read by default takes a second or two.  Counted are seconds that we waited, and
# not those of the clock: a suspended machine is no reason to give up.
_PATIENCE = 60

_FACTS = msgspec.msgpack.Decoder(FileFacts)
# position in the list of files, digest and facts of its content
_Answer = tuple[int, bytes | None, bytes]
_ANSWER = msgspec.msgpack.Decoder(_Answer)
_Chunk = list[tuple[int, str, str]]  # position, path, grammar
_WORK = msgspec.msgpack.Decoder(_Chunk)


def _work(connection: Connection, root: Path, limit: int) -> None:
    # the front ends leave no cycles behind: looking for them is lost time, also where it is not inherited
    gc.disable()
    # an interrupt from the keyboard reaches every process; the one that started this one ends it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        while True:
            for position, path, grammar in _WORK.decode(connection.recv_bytes()):
                facts, digest = extract_file(root / path, grammar, limit)
                connection.send_bytes(ENCODER.encode((position, digest, ENCODER.encode(facts))))
    except (EOFError, OSError):
        return  # nobody listens any more


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    connection: Connection
    todo: deque[int] = field(default_factory=deque)  # positions that it has not answered, in its order
    silent: int = 0  # seconds since it last answered, as far as it has something to do


@contextmanager
def _interrupt_held_back() -> Iterator[None]:
    """Processes started meanwhile inherit this: else they could be interrupted before they are told to ignore it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def in_chunks(files: Sequence[SourceFile]) -> list[list[int]]:
    """Positions in `files`, dealt out for processes: large files first, so that none is left with one at the end."""
    order = sorted(range(len(files)), key=lambda i: (-files[i].size, i))
    return [order[at : at + _CHUNK] for at in range(0, len(order), _CHUNK)]


def extract_there(
    root: Path, files: Sequence[SourceFile], jobs: int, limit: int, progress: Progress, keep: Keep | None, share: Share
) -> list[FileFacts]:
    """As `extract_all`, on `jobs` processes.

    A file at which a process dies or is silent for 60 seconds has no facts but a problem ("unfinished").
    """
    result: list[FileFacts | None] = [None] * len(files)
    done = 0
    with _Workers(root, files, jobs, limit) as workers:
        for position, digest, facts, data in workers.answers():
            result[position] = share(facts)
            if keep is not None and digest is not None:
                keep(position, digest, data)
            done += 1
            if done % _CHUNK == 0:
                progress("reading", done, len(files))
    return [facts for facts in result if facts is not None]


class _Workers:
    """The processes of one extraction."""

    def __init__(self, root: Path, files: Sequence[SourceFile], jobs: int, limit: int) -> None:
        forks = "fork" in multiprocessing.get_all_start_methods()
        self._context: BaseContext = multiprocessing.get_context("fork" if forks else "spawn")
        if not forks:
            # a new interpreter would look for modules in the working directory first, which may be the audited tree
            os.environ["PYTHONSAFEPATH"] = "1"
        self._files = files
        self._given = (root, limit)
        self._left = deque(in_chunks(files))
        self._running: list[_Worker] = []
        self._jobs = min(jobs, len(self._left))

    def __enter__(self) -> "_Workers":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._running:
            _end(worker)

    def answers(self) -> Iterator[tuple[int, bytes | None, FileFacts, bytes]]:
        """Position, digest, facts and encoded facts of every file, as they come."""
        for _ in range(self._jobs):
            self._start(deque())
        while busy := [worker for worker in self._running if worker.todo]:
            ready = wait([worker.connection for worker in busy], timeout=1)
            for worker in busy:
                if worker.connection in ready:
                    yield from self._answer_of(worker)
                elif not ready:
                    worker.silent += 1
                    if worker.silent >= _PATIENCE:
                        yield self._given_up(worker, f"reading it took more than {_PATIENCE} seconds")

    def _answer_of(self, worker: _Worker) -> Iterator[tuple[int, bytes | None, FileFacts, bytes]]:
        try:
            position, digest, data = _ANSWER.decode(worker.connection.recv_bytes())
        except (EOFError, OSError):
            worker.process.join()
            yield self._given_up(worker, f"the process that read it ended with {worker.process.exitcode}")
            return
        worker.silent = 0
        worker.todo.popleft()
        self._supply(worker)
        yield position, digest, _FACTS.decode(data), data

    def _given_up(self, worker: _Worker, why: str) -> tuple[int, None, FileFacts, bytes]:
        self._running.remove(worker)
        _end(worker)
        position = worker.todo.popleft()
        self._start(worker.todo)
        facts = empty_facts(language_of(self._files[position].grammar), (Problem(0, "unfinished", why),))
        return position, None, facts, b""

    def _start(self, todo: deque[int]) -> None:
        """A process more, with what one before it has left undone."""
        ours, theirs = self._context.Pipe()
        with _interrupt_held_back():
            process = self._context.Process(target=_work, args=(theirs, *self._given), daemon=True)  # type: ignore[attr-defined]
            process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._running.append(worker)
        if todo:
            self._give(worker, list(todo))
        self._supply(worker)

    def _supply(self, worker: _Worker) -> None:
        while self._left and len(worker.todo) <= _CHUNK * (_AHEAD - 1):
            self._give(worker, self._left.popleft())

    def _give(self, worker: _Worker, chunk: list[int]) -> None:
        worker.todo.extend(chunk)
        work: _Chunk = [(position, self._files[position].path, self._files[position].grammar) for position in chunk]
        try:
            worker.connection.send_bytes(ENCODER.encode(work))
        except OSError:
            return  # it has died: that shows when its answer is read


def _end(worker: _Worker) -> None:
    worker.process.kill()
    worker.process.join()
    worker.connection.close()
