"""From facts to a call graph: link the files, propagate callable values, collect edges.

The engine is a sparse, flow-insensitive points-to analysis over values that can bear callables, in the tradition of
Andersen (1994), ACG (Feldthaus et al. 2013), Jelly and PyCG; every variable's set is bounded so that it stays
near-linear.
"""
