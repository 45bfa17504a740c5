"""What earlier audits worked out, kept by content in one SQLite file of the user's.

Nothing here raises: a store that is missing, damaged, locked or full has nothing, and keeps nothing.  What comes out of
it is bytes under a key that only the same input has; whoever asked decodes them as the one type that belongs there.
"""
