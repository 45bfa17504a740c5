"""How a line is wrapped: colours, prefixes of journals and containers, JSON, timestamps."""
