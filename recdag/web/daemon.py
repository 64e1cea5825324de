"""Dagster's daemon as a process that an interrupt ends without a word, also while it is still loading.

`python -m recdag.web.daemon run --workspace FILE`
"""

import signal
import sys

signal.signal(signal.SIGINT, lambda *_: sys.exit())

from dagster._daemon.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
