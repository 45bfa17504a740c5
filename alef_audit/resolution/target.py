"""What an import leads to."""

import msgspec


class Local(msgspec.Struct, frozen=True, tag=True):
    """A file of the inventory."""

    path: str


class External(msgspec.Struct, frozen=True, tag=True):
    """A module that is not part of the audited tree.

    `module` is the whole import name as written (`node:fs`, `lodash/memoize`, `@slack/bolt`, `os.path`), `subpath` what
    follows the package in it (`memoize`; `path`; "" for the package itself).
    """

    module: str
    subpath: str = ""


class Unresolved(msgspec.Struct, frozen=True, tag=True):
    """Nothing that code could be read from; `reason` is a short phrase."""

    reason: str


Target = Local | External | Unresolved

NO_SUCH_FILE = Unresolved("no such file")
OUTSIDE = Unresolved("outside the audited root")
NOT_SOURCE = Unresolved("not source code")
TYPES_ONLY = Unresolved("only types are there")
