"""Run a command and tell its time and memory as JSON: python -S -I launch.py OUT COMMAND.

A child's peak, as the system tells it, begins with what its parent holds: this parent holds little.
"""

import json
import os
import sys
import time


def main() -> None:
    out, command = sys.argv[1], sys.argv[2:]
    begin = time.perf_counter()
    child = os.posix_spawn(command[0], command, dict(os.environ))
    _, status, usage = os.wait4(child, 0)
    told = {
        "seconds": time.perf_counter() - begin,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_megabytes": usage.ru_maxrss * 1024 / 1e6,
        "code": os.waitstatus_to_exitcode(status),
    }
    with open(out, "w") as stream:  # noqa: PTH123  pathlib would be most of what it holds
        json.dump(told, stream)


if __name__ == "__main__":
    main()
