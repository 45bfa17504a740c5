"""Extraction on several processes."""

import gc
import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec

from alef_audit.discovery.inventory import SourceFile
from alef_audit.facts.file import FileFacts
from alef_audit.frontends.extract import ENCODER, Keep, Progress, extract_file

_CHUNK = 16
_DECODER = msgspec.msgpack.Decoder(FileFacts)


def _extract_chunk(work: tuple[str, list[tuple[str, str]], int]) -> list[tuple[bytes, bytes | None]]:
    root, files, limit = work
    base = Path(root)
    found = (extract_file(base / path, grammar, limit) for path, grammar in files)
    return [(ENCODER.encode(facts), digest) for facts, digest in found]


@contextmanager
def _stopped_at_once() -> Iterator[None]:
    """Ends the processes when the block is left by an exception: the pool would let them do all that is queued."""
    try:
        yield
    except BaseException:
        for process in multiprocessing.active_children():
            process.terminate()
        raise


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


def _start_worker() -> None:
    # the front ends leave no cycles behind: looking for them is lost time, also where it is not inherited
    gc.disable()
    # an interrupt from the keyboard reaches every process; the one that started this one ends it
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def in_chunks(files: Sequence[SourceFile]) -> list[list[int]]:
    """Positions in `files`, dealt out for processes: large files first, so that none is left with one at the end."""
    order = sorted(range(len(files)), key=lambda i: (-files[i].size, i))
    return [order[at : at + _CHUNK] for at in range(0, len(order), _CHUNK)]


def extract_there(
    root: Path, files: Sequence[SourceFile], jobs: int, limit: int, progress: Progress, keep: Keep | None
) -> list[FileFacts]:
    """As `extract_all`, on `jobs` processes."""
    total = len(files)
    chunks = in_chunks(files)
    work = [(str(root), [(files[i].path, files[i].grammar) for i in chunk], limit) for chunk in chunks]
    result: list[FileFacts | None] = [None] * total
    context = multiprocessing.get_context("spawn" if "fork" not in multiprocessing.get_all_start_methods() else "fork")
    with (
        ProcessPoolExecutor(max_workers=jobs, mp_context=context, initializer=_start_worker) as pool,
        _stopped_at_once(),
    ):
        with _interrupt_held_back():
            found = pool.map(_extract_chunk, work)
        done = 0
        for chunk, encoded in zip(chunks, found, strict=True):
            for position, (data, digest) in zip(chunk, encoded, strict=True):
                result[position] = _DECODER.decode(data)
                if keep is not None and digest is not None:
                    keep(position, digest, data)
            done += len(chunk)
            progress("reading", done, total)
    return [facts for facts in result if facts is not None]
