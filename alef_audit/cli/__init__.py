"""The command line: one small module per command.  Nothing else in the package prints or exits."""
