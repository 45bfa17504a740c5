"""Names of events: which are of a life, of a connection or of what is administered, and which are units of work."""

import re
from typing import Final

from alef_audit.callgraph.loop_text import words_in
from alef_audit.rulepack.lexicon import Lexicon

# Texts are handed over for many reasons: a name of an event has no spaces and is short.
_NAME: Final = re.compile(r"[A-Za-z@][\w.:/*@-]{0,47}")


class Events:
    """What the lexicon says of the names of events."""

    __slots__ = ("_known", "_lifecycle", "_phrases", "keywords")

    def __init__(self, lexicon: Lexicon) -> None:
        self.keywords = frozenset(lexicon.event_keywords)
        self._lifecycle = frozenset(lexicon.lifecycle_events)
        self._phrases = tuple(f" {phrase} " for phrase in lexicon.administrative_events)
        self._known: dict[str, bool] = {}

    def named(self, text: str) -> str:
        """`text` if it reads like the name of an event, else ""."""
        return text if _NAME.fullmatch(text) else ""

    def is_lifecycle(self, event: str) -> bool:
        """Whether an event is of a connection's or process's life, or of administration: `channel_id_changed`."""
        known = self._known.get(event)
        if known is None:
            words = f" {' '.join(words_in(event))} "
            known = event in self._lifecycle or any(phrase in words for phrase in self._phrases)
            self._known[event] = known
        return known
