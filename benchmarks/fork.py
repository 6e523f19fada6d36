"""What a worker costs that does nothing: its fork, its walls and its end, in ms of CPU time.

The whole machine's, which must be quiet meanwhile. `python benchmarks/fork.py`
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from throughput import busy

from grader.model.limits import Limits
from grader.sandbox.host.zygote import Zygote

WORKERS = 200


def main() -> None:
    for trains in (False, True):
        with Zygote(trains=trains) as zygote:
            before = busy()
            for _ in range(WORKERS):
                with zygote.open(Limits()):
                    pass
            each = 1000 * (busy() - before) / WORKERS
            warm = "optimizers warm, too" if trains else "as for an assignment without training"
            print(f"{each:5.1f} ms  {len(zygote.modules)} modules, {warm}")


if __name__ == "__main__":
    main()
