"""Comments on pull requests: the one place that talks to a network, and only when asked to."""
