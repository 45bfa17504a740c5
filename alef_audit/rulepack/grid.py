"""The grid that the public catalogue sorts its entries into (n50.io/patterns): when something goes wrong, and how."""

from typing import Literal

Stage = Literal["design", "bind", "dispatch", "execute", "observe", "persist", "recover"]
Pathology = Literal["orphan", "poison", "drift", "collapse", "shadow", "ghost"]
