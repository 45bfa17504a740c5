"""Strongly connected components of the call graph (Tarjan 1972), without recursion."""

from collections.abc import Iterable, Mapping


def component_of(callees: Mapping[int, Iterable[int]]) -> dict[int, int]:
    """The component of every function that calls or is called; functions in one component call each other
    in circles.  Components are numbered callees first.
    """
    number: dict[int, int] = {}
    low: dict[int, int] = {}
    component: dict[int, int] = {}
    path: list[int] = []
    components = 0
    for start in sorted(callees):
        if start in number:
            continue
        number[start] = low[start] = len(number)
        path.append(start)
        work = [(start, iter(callees.get(start, ())))]
        while work:
            function, left = work[-1]
            for callee in left:
                if callee not in number:
                    number[callee] = low[callee] = len(number)
                    path.append(callee)
                    work.append((callee, iter(callees.get(callee, ()))))
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
