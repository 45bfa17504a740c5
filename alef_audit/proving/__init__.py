"""Runs a user's own command under a monitor of its event loop; the one place that runs anything of theirs."""
