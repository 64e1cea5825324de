from recdag.report.skipped import Skipped, skipped_together


def test_names_with_the_same_reason_stand_together():
    recorded = {
        ("large", "ncf"): {"ncf/ease": "too large", "ncf/item_knn": "larger still"},
        ("large", "benchmark"): {"benchmark/ease": "too large"},
        ("small", "mult_vae"): {"mult_vae": "too few users"},
    }
    assert skipped_together(recorded) == (
        Skipped("large", ("ncf/ease", "benchmark/ease"), "too large"),
        Skipped("large", ("ncf/item_knn",), "larger still"),
        Skipped("small", ("mult_vae",), "too few users"),
    )
