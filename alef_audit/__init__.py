"""alef-audit: which synchronous calls block the event loop on every dispatch, and what heals most of them."""

__version__ = "0.1.0"
