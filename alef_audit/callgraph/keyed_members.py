"""What is known of a member that a parameter names (see `keyed.py`)."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Member:
    """A member that is read of `base` under the name in a parameter, and called."""

    base: int
    calls: tuple[tuple[int, int], ...]  # of it, or of its method of that name: `method.call(listener)`
    found: dict[int, int] = field(default_factory=dict)  # name -> variable of what `base` has under it


@dataclass(frozen=True, slots=True)
class Keyed:
    """A parameter that names a member, itself or by being handed on: `route` are the calls that do so, outermost first,
    each with the function that it hands the name to.
    """

    function: int
    position: int
    member: Member
    route: tuple[tuple[int, int], ...] = ()
