from recdag.graph.grid_cells import _row


def test_a_row_kept_by_an_earlier_version_says_its_users_and_budget_in_columns():
    kept = {"metric": "hr@10_unseen", "value": 0.5, "tuning": "20 trials"}
    assert _row(kept) == {
        "metric": "hr@10", "users": "unseen", "value": 0.5, "budget_trials": 20, "budget_seconds": None,
    }  # fmt: skip
    assert _row({"metric": "recall_plain@5", "tuning": None}) == {
        "metric": "recall_plain@5", "users": "all", "budget_trials": None, "budget_seconds": None,
    }  # fmt: skip
    now = {"metric": "mrr_sum", "users": "seen"}
    assert _row(now) == now
