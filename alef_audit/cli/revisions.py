"""Audits two revisions of one repository: the trees are read from git, nothing is checked out."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from alef_audit.auditing.report import AuditReport
from alef_audit.discovery.inventory import GRAMMARS, NOT_READ, extension_of, is_manifest
from alef_audit.git.changes import changes
from alef_audit.git.revisions import Repository, commit_of, common_ancestor, repository_of
from alef_audit.git.tree import export
from alef_audit.request import AuditRequest

_WORK_TREE = "HEAD"  # what the work tree is based on


def compare_revisions(
    request: AuditRequest, base: str, head: str | None, progress: Callable[[str, int, int], None]
) -> AuditReport:
    """The audit of `head` (None: the work tree) with what it has changed since it parted from `base`.

    Packages are not followed: what is installed belongs to neither revision.  Raises UsageError for what git does not
    know, and as the pipeline does.
    """
    # imported late: all stages come with it
    from alef_audit.pipeline.comparing import Between, compare

    request = msgspec.structs.replace(request, follow=None)
    repository = repository_of(request.root)
    there = commit_of(repository, head or _WORK_TREE)
    start = common_ancestor(repository, commit_of(repository, base), there)
    between = Between(base, head or "", changes(repository, start, there if head else None, read_by_audits()))
    with tempfile.TemporaryDirectory(prefix="alef-audit-") as folder:
        before = _written(repository, start, request, Path(folder) / "base")
        if head:
            written = _written(repository, there, request, Path(folder) / "head")
            request = msgspec.structs.replace(request, root=written, lasts=False)
        return compare(request, before, between, progress)


def read_by_audits() -> tuple[str, ...]:
    """Git's patterns for the files whose lines matter: source and configuration."""
    return tuple(f"*{extension}" for extension in sorted({*GRAMMARS, *NOT_READ, ".toml", ".jsonl"}))


def _written(repository: Repository, commit: str, request: AuditRequest, folder: Path) -> Path:
    """A folder of the audited one's name with the files of a commit."""
    target = folder / request.root.name
    target.mkdir(parents=True)
    export(repository, commit, target, _is_read, request.config.max_file_size)
    return target


def _is_read(path: str) -> bool:
    """Whether an audit looks at a file of that name."""
    name = path.rpartition("/")[2]
    return extension_of(path) in GRAMMARS or extension_of(path) in NOT_READ or is_manifest(path) or "." not in name
