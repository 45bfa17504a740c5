"""`audit PATH ...` is the same as `audit scan PATH ...`."""

from collections.abc import Collection, Sequence

DEFAULT = "scan"
_ABOUT_THE_APP = frozenset({"--help", "-h", "--version"})


def with_default_command(arguments: Sequence[str], commands: Collection[str]) -> list[str]:
    """`arguments` with `scan` in front unless they start with a command, or only ask about the tool itself.

    A command's name wins over a folder of that name; `./graph` is the folder.
    """
    for argument in arguments:
        if argument in _ABOUT_THE_APP:
            return list(arguments)
        if argument == "--":
            break
        if not argument.startswith("-"):
            return list(arguments) if argument in commands else [DEFAULT, *arguments]
    return [DEFAULT, *arguments]
