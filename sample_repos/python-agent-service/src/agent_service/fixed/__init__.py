"""Healed twins of what the rest of the package does on the loop."""
