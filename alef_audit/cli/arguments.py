"""`audit PATH ...` is the same as `audit scan PATH ...`."""

import itertools
import os
from collections.abc import Collection, Mapping, Sequence

DEFAULT = "scan"
FOLLOW = "--follow-dependencies"
_ABOUT_THE_APP = frozenset({"--help", "-h", "--version", "--install-completion", "--show-completion"})
# Where shells put the line that is to be completed: bash, and those that typer serves alike.
_WORDS, _CURRENT, _LINE = "COMP_WORDS", "COMP_CWORD", "_TYPER_COMPLETE_ARGS"


def like_an_option(arguments: Sequence[str]) -> str:
    """The option among `arguments` that is the name of a file as well; "" if none is.

    Programs that pass file names on, as pre-commit does, would give the say to whoever named the file.
    """
    options = itertools.takewhile(lambda argument: argument != "--", arguments)
    return next((one for one in options if one.startswith("-") and one != "-" and os.path.lexists(one)), "")


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


def completing(environment: Mapping[str, str], commands: Collection[str]) -> dict[str, str]:
    """What has to change in the environment so that `audit --fo` is completed as `audit scan --fo` is.

    Nothing while the first word may still become a command.
    """
    line = environment.get(_WORDS, environment.get(_LINE, ""))
    words = line.split()
    if len(words) < 2 or words[1] in commands or words[1] in _ABOUT_THE_APP:
        return {}
    begun = len(words) == 2 and not line[-1:].isspace()
    if begun and any(command.startswith(words[1]) for command in commands):
        return {}
    with_scan = line.replace(words[0], f"{words[0]} {DEFAULT}", 1)
    if _WORDS not in environment:
        return {_LINE: with_scan}
    current = environment.get(_CURRENT, "")
    return {_WORDS: with_scan, _CURRENT: str(int(current) + 1)} if current.isdecimal() else {}


def _with_values(arguments: Sequence[str]) -> list[str]:
    """`--follow-dependencies` takes a value after `=` only: alone it gets an empty one, and not the path behind it."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return [f"{argument}=" if argument == FOLLOW and at < end else argument for at, argument in enumerate(arguments)]
