"""Reads `rules/` into typed values: kinds, lexicon, library models, patterns."""
