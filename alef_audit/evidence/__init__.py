"""What running programs wrote down: logs read into observations, and what they say of a pattern."""
