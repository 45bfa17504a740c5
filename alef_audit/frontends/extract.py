"""Stage 2: source files to facts, on several processes."""

import gc
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

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
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(FileFacts)


def extract_file(path: Path, grammar: str, limit: int) -> FileFacts:
    """Facts of one file. Never raises: a crash of a front end is a problem of that file."""
    source = read_source(path, limit)
    try:
        facts = extract_python(source.data) if grammar == "python" else extract_ecmascript(source.data, grammar)
    except Exception as error:  # the one containment: a defect in a front end costs one file, not the run
        problem = Problem(1, "internal", f"front end failed: {type(error).__name__}: {error}"[:300])
        facts = empty_facts("python" if grammar == "python" else "ecmascript", (problem,))
    if source.problems:
        facts = msgspec.structs.replace(facts, problems=(*source.problems, *facts.problems))
    return facts


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


def _extract_chunk(work: tuple[str, list[tuple[str, str]], int]) -> list[bytes]:
    root, files, limit = work
    base = Path(root)
    return [_ENCODER.encode(extract_file(base / path, grammar, limit)) for path, grammar in files]


def in_chunks(files: Sequence[SourceFile]) -> list[list[int]]:
    """Positions in `files`, dealt out for processes: large files first, so that none is left with one at the end."""
    order = sorted(range(len(files)), key=lambda i: (-files[i].size, i))
    return [order[at : at + _CHUNK] for at in range(0, len(order), _CHUNK)]


def extract_all(root: Path, files: Sequence[SourceFile], jobs: int, limit: int, progress: Progress) -> list[FileFacts]:
    """Facts of `files`, in their order, on up to `jobs` processes."""
    total = len(files)
    if jobs <= 1 or sum(f.size for f in files) < _PARALLEL_FROM:
        found = []
        for number, file in enumerate(files):
            found.append(extract_file(root / file.path, file.grammar, limit))
            if number % 50 == 0:
                progress("reading", number, total)
        return found
    chunks = in_chunks(files)
    work = [(str(root), [(files[i].path, files[i].grammar) for i in chunk], limit) for chunk in chunks]
    result: list[FileFacts | None] = [None] * total
    context = multiprocessing.get_context("spawn" if "fork" not in multiprocessing.get_all_start_methods() else "fork")
    # the front ends leave no cycles behind: looking for them is lost time, also where it is not inherited from here
    with ProcessPoolExecutor(max_workers=jobs, mp_context=context, initializer=gc.disable) as pool:
        done = 0
        for chunk, encoded in zip(chunks, pool.map(_extract_chunk, work), strict=True):
            for position, data in zip(chunk, encoded, strict=True):
                result[position] = _DECODER.decode(data)
            done += len(chunk)
            progress("reading", done, total)
    return [facts for facts in result if facts is not None]
