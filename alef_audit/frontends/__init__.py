"""Source text to facts: one package per language, the only importers of tree-sitter."""
