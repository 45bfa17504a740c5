"""TypeScript and JavaScript: source text to facts, by tree-sitter."""
