"""How the stages tell how far they are."""

from collections.abc import Callable

# The name of the stage, what is done of it, and how much there is (0: not known).
Progress = Callable[[str, int, int], None]
