"""Agents behind one JSON object per line, on asyncio and the standard library alone."""
