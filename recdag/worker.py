"""What the process of every step needs, loaded once a run.

The multiprocess executor forks steps from a server that has imported this module. Everything that a
step would otherwise load or resolve by itself, before its body begins, belongs here.
"""

import gc

from recdag.definitions import defs
from recdag.orchestration.internals import load_what_steps_need

load_what_steps_need()
defs.get_repository_def().get_all_jobs()

# What is loaded here never becomes garbage: without this, each step looks through all of it for some.
gc.freeze()
