from recdag.report.skipped import LeftOut, left_out_of


def test_names_with_the_same_reason_stand_together():
    recorded = [
        ("large", {"ncf/ease": "too large", "ncf/item_knn": "larger still"}),
        ("large", {"benchmark/ease": "too large"}),
        ("small", {"mult_vae": "too few users"}),
        ("small", {}),
    ]
    assert left_out_of(recorded) == (
        LeftOut("large", ("ncf/ease", "benchmark/ease"), "too large"),
        LeftOut("large", ("ncf/item_knn",), "larger still"),
        LeftOut("small", ("mult_vae",), "too few users"),
    )
