"""`audit PATH ...` is the same as `audit scan PATH ...`."""

from collections.abc import Collection, Sequence

DEFAULT = "scan"
FOLLOW = "--follow-dependencies"
_ABOUT_THE_APP = frozenset({"--help", "-h", "--version"})


def with_default_command(arguments: Sequence[str], commands: Collection[str]) -> list[str]:
    """`arguments` with `scan` in front unless they start with a command, or only ask about the tool itself.

    A command's name wins over a folder of that name; `./graph` is the folder.
    """
    arguments = _with_values(arguments)
    for argument in arguments:
        if argument in _ABOUT_THE_APP:
            return list(arguments)
        if argument == "--":
            break
        if not argument.startswith("-"):
            return list(arguments) if argument in commands else [DEFAULT, *arguments]
    return [DEFAULT, *arguments]


def _with_values(arguments: Sequence[str]) -> list[str]:
    """`--follow-dependencies` takes a value after `=` only: alone it gets an empty one, and not the path behind it."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return [f"{argument}=" if argument == FOLLOW and at < end else argument for at, argument in enumerate(arguments)]
