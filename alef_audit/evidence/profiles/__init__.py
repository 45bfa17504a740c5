"""What profilers and monitors wrote down: one module per format, all of them giving stacks."""
