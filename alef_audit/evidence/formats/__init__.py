"""What gateways write: one module per kind of line, each with the words without which no such line is one."""
