"""Stage 2: source files to facts."""

from collections.abc import Callable, Sequence
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
# Bytes of a file that can keep a parser busy for long, or exhaust its stack: such files are read under supervision.
_SUPERVISED_FROM = 100_000

Progress = Callable[[str, int, int], None]
# Takes the position of a file, the digest of the content that was read, and its facts in msgpack.
Keep = Callable[[int, bytes, bytes], None]
# Gives facts that say the same, in less memory.
Share = Callable[[FileFacts], FileFacts]
ENCODER = msgspec.msgpack.Encoder()


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
        facts = empty_facts(language_of(grammar), (problem,))
        digest = None  # memory may have been short: what came of it says nothing about the next time
    if source.problems:
        facts = msgspec.structs.replace(facts, problems=(*source.problems, *facts.problems))
    return Extracted(facts, digest)


def language_of(grammar: str) -> str:
    """The language whose front end reads files of this grammar."""
    return "python" if grammar == "python" else "ecmascript"


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


def as_it_is(facts: FileFacts) -> FileFacts:
    """Shares nothing."""
    return facts


def extract_all(
    root: Path,
    files: Sequence[SourceFile],
    jobs: int,
    limit: int,
    progress: Progress,
    keep: Keep | None = None,
    share: Share = as_it_is,
) -> list[FileFacts]:
    """Facts of `files`, in their order, on up to `jobs` processes. `keep` gets those of files with a digest.

    Small programs are read in this process, unless a large file is among them.
    """
    few = sum(f.size for f in files) < _PARALLEL_FROM
    if few and all(f.size < _SUPERVISED_FROM for f in files):
        return _extract_here(root, files, limit, progress, keep, share)
    # what several processes take to start is not needed for a few files
    from alef_audit.frontends.processes import extract_there

    return extract_there(root, files, 1 if few else jobs, limit, progress, keep, share)


def _extract_here(
    root: Path, files: Sequence[SourceFile], limit: int, progress: Progress, keep: Keep | None, share: Share
) -> list[FileFacts]:
    found = []
    for number, file in enumerate(files):
        facts, digest = extract_file(root / file.path, file.grammar, limit)
        found.append(share(facts))
        if keep is not None and digest is not None:
            keep(number, digest, ENCODER.encode(facts))
        if number % 50 == 0:
            progress("reading", number, len(files))
    return found
