"""Five papers on recommending from implicit feedback as one graph of assets."""

import os

# OpenMP's threads otherwise burn the processor while they wait, and on a busy machine a training of
# small steps takes twenty times as long. It has to be set before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
