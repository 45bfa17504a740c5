"""What one source file says, language-neutral and with nothing resolved."""
