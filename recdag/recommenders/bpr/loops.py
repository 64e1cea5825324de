"""The compiled loop of BPR, apart from it: serving a trained model needs no compiler."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, fastmath={"reassoc", "contract"})
def accumulate_triples(user, item, bias, by_user, by_item, by_bias, users, items, l2):
    loss = 0.0
    for t in range(len(users)):
        u, i, j = users[t], items[t, 0], items[t, 1]
        p, q, r = user[u], item[i], item[j]
        margin = bias[i] - bias[j]
        for k in range(len(p)):
            margin += p[k] * (q[k] - r[k])
        loss += max(-margin, 0.0) + np.log1p(np.exp(-abs(margin)))
        slope = np.float32(-1.0 / (1.0 + np.exp(np.float64(margin))))
        by_bias[i] += slope
        by_bias[j] -= slope
        by_p, by_q, by_r = by_user[u], by_item[i], by_item[j]
        for k in range(len(p)):
            by_p[k] += slope * (q[k] - r[k]) + l2 * p[k]
            by_q[k] += slope * p[k] + l2 * q[k]
            by_r[k] += l2 * r[k] - slope * p[k]
    return loss
