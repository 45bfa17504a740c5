"""Configuration and comments of a revision that is trusted, for a change that is not."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from alef_audit.cli.revisions import read_by_audits
from alef_audit.config import Config, find_config, read_config
from alef_audit.git.changes import changes
from alef_audit.git.revisions import commit_of, common_ancestor, repository_of
from alef_audit.git.tree import export

_READ = (".toml", ".jsonl")  # configuration, rules, baselines


class Trusted(NamedTuple):
    """The configuration as it was, and by path the lines that have come since: comments there do not count."""

    config: Config
    added: Mapping[str, frozenset[int]]


@contextmanager
def trusted_since(root: Path, revision: str, head: str | None) -> Iterator[Trusted]:
    """The configuration of `revision`, and what has come since `head` (None: the work tree) left it. Files that the
    configuration names last as long as the context.

    The configuration is not the one from which `head` parted: a change may start anywhere in the past.  Raises
    UsageError and ConfigError.
    """
    repository = repository_of(root)
    there, trusted = commit_of(repository, head or "HEAD"), commit_of(repository, revision)
    start = common_ancestor(repository, trusted, there)
    added = changes(repository, start, there if head else None, read_by_audits()).lines
    with tempfile.TemporaryDirectory(prefix="alef-audit-") as folder:
        top = Path(folder) / root.name
        top.mkdir()
        export(repository, trusted, top, lambda path: path.endswith(_READ), 1_000_000)
        (top / ".git").mkdir()  # the search for a configuration ends here
        found = find_config(top)
        yield Trusted(Config() if found is None else read_config(found, trusted=False), added)
