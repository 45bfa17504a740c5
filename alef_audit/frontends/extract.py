"""Stage 2: source files to facts, on several processes."""

import gc
import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from alef_audit.discovery.inventory import SourceFile
from alef_audit.facts import flows
from alef_audit.facts.file import FileFacts, Function, Problem
from alef_audit.frontends.ecmascript.extract import extract_ecmascript
from alef_audit.frontends.python.extract import extract_python
from alef_audit.source import read_source

# Below this much source text, starting processes costs more than it saves.
_PARALLEL_FROM = 1_500_000
_CHUNK = 16

Progress = Callable[[str, int, int], None]
# Takes the position of a file, the digest of the content that was read, and its facts in msgpack.
Keep = Callable[[int, bytes, bytes], None]
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(FileFacts)


class Extracted(NamedTuple):
    """What a file says, and the digest of its content; None where it was not read, or a front end failed on it."""

    facts: FileFacts
    digest: bytes | None


def extract_file(path: Path, grammar: str, limit: int) -> Extracted:
    """Facts of one file. Never raises: a crash of a front end is a problem of that file."""
    source = read_source(path, limit)
    digest = source.digest
    try:
        facts = extract_python(source.data) if grammar == "python" else extract_ecmascript(source.data, grammar)
    except Exception as error:  # the one containment: a defect in a front end costs one file, not the run
        problem = Problem(1, "internal", f"front end failed: {type(error).__name__}: {error}"[:300])
        facts = empty_facts("python" if grammar == "python" else "ecmascript", (problem,))
        digest = None  # memory may have been short: what came of it says nothing about the next time
    if source.problems:
        facts = msgspec.structs.replace(facts, problems=(*source.problems, *facts.problems))
    return Extracted(facts, digest)


def empty_facts(language: str, problems: tuple[Problem, ...]) -> FileFacts:
    """The facts of a file of which nothing is known."""
    module = Function("", "", "<module>", 1, 1, 1, -1, -1, 0, (), 0, 0)
    return FileFacts(
        language=language,
        lines=0,
        names=flows.RESERVED,
        slots=1,
        aliases=bytes(4),
        flows=b"",
        calls=b"",
        functions=(module,),
        classes=(),
        objects=(),
        imports=(),
        exports=(),
        stars=(),
        module_slot=0,
        loops=(),
        conditions=(),
        directives=(),
        problems=problems,
    )


def _extract_chunk(work: tuple[str, list[tuple[str, str]], int]) -> list[tuple[bytes, bytes | None]]:
    root, files, limit = work
    base = Path(root)
    found = (extract_file(base / path, grammar, limit) for path, grammar in files)
    return [(_ENCODER.encode(facts), digest) for facts, digest in found]


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


def extract_all(
    root: Path, files: Sequence[SourceFile], jobs: int, limit: int, progress: Progress, keep: Keep | None = None
) -> list[FileFacts]:
    """Facts of `files`, in their order, on up to `jobs` processes. `keep` gets those of files with a digest."""
    if jobs <= 1 or sum(f.size for f in files) < _PARALLEL_FROM:
        return _extract_here(root, files, limit, progress, keep)
    return _extract_there(root, files, jobs, limit, progress, keep)


def _extract_here(
    root: Path, files: Sequence[SourceFile], limit: int, progress: Progress, keep: Keep | None
) -> list[FileFacts]:
    found = []
    for number, file in enumerate(files):
        facts, digest = extract_file(root / file.path, file.grammar, limit)
        found.append(facts)
        if keep is not None and digest is not None:
            keep(number, digest, _ENCODER.encode(facts))
        if number % 50 == 0:
            progress("reading", number, len(files))
    return found


def _extract_there(
    root: Path, files: Sequence[SourceFile], jobs: int, limit: int, progress: Progress, keep: Keep | None
) -> list[FileFacts]:
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
