"""What one run is asked to do, as the command line hands it to the pipeline.

The command line has already merged its options with the configuration: `patterns`, `rules`, `jobs` and `platform` are
final.  `config` is there for the rest (globs, roots, boundaries, levels ...).
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from alef_audit.config import Config, Platform


class AuditRequest(msgspec.Struct, frozen=True):
    """What to audit, with which rules, and what to list beyond the findings."""

    root: Path  # the audited root; every path of the report is relative to it
    only: tuple[Path, ...]  # relative to `root`; empty = all of it
    patterns: tuple[str, ...]  # numbers ("035"); empty = all patterns
    rules: tuple[Path, ...]  # folders laid over the bundled rules, in order: configuration's, then --rules
    config: Config
    jobs: int
    include_discharged: bool
    explain_unresolved: bool
    platform: Platform
    config_file: str = ""  # where the configuration was read from, as a reader knows it; "" = nowhere
    follow: tuple[Path, ...] | None = None  # None: stay in the tree; else also look for packages in these folders
    evidence: tuple[str, ...] = ()  # logs and profiles to hold the findings against, as the user named them
    disregarded: Mapping[str, frozenset[int]] = MappingProxyType({})  # by path, lines whose `audit:` comments count not
    cache: Path | None = None  # folder of the store; None: every file is read, and nothing is kept
    lasts: bool = True  # whether `root` will be there the next time
