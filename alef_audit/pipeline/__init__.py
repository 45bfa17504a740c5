"""The stages in order; the one place that knows them all.  Each module is one thing that can be asked for."""
