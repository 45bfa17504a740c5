"""Imports to modules: what a specifier means in the file that mentions it."""
