"""Strongly connected components of the call graph (Tarjan 1972), without recursion."""

from collections.abc import Iterable, Mapping

from alef_audit.callgraph.graph import Edge


def component_of(outgoing: Mapping[int, Iterable[Edge]]) -> dict[int, int]:
    """The component of every function that calls or is called; functions in one component call each other
    in circles.  Components are numbered callees first.
    """
    number: dict[int, int] = {}
    low: dict[int, int] = {}
    component: dict[int, int] = {}
    path: list[int] = []
    components = 0
    for start in sorted(outgoing):
        if start in number:
            continue
        number[start] = low[start] = len(number)
        path.append(start)
        work = [(start, iter(outgoing.get(start, ())))]
        while work:
            function, edges = work[-1]
            for edge in edges:
                callee = edge.callee
                if callee not in number:
                    number[callee] = low[callee] = len(number)
                    path.append(callee)
                    work.append((callee, iter(outgoing.get(callee, ()))))
                    break
                if callee not in component:
                    low[function] = min(low[function], number[callee])
            else:
                work.pop()
                if work:
                    caller = work[-1][0]
                    low[caller] = min(low[caller], low[function])
                if low[function] == number[function]:
                    while True:
                        member = path.pop()
                        component[member] = components
                        if member == function:
                            break
                    components += 1
    return component
