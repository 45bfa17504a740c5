"""`python -m tests.callgraph [PART…]`: recall and precision of the call graph per language feature.

With PARTs only the programs whose names contain one of them, and what disagrees in each.
"""

import sys

from alef_audit.rulepack.load import bundled_rules, load_rulepack
from tests.callgraph.programs import lines, outcome, programs


def main(parts: list[str]) -> int:
    pack = load_rulepack([bundled_rules()])
    chosen = [one for one in programs() if not parts or any(part in one.id for part in parts)]
    results = [(program, outcome(program, pack)) for program in chosen]
    for program, result in results:
        for complaint in result.complaints:
            print(f"{program.id}: {complaint}")
    for line in lines(results):
        print(line)
    return 1 if any(result.complaints for _, result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
