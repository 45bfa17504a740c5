"""Turns results into text: one module per format, no printing."""
