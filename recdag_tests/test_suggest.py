from recdag.suggest import names_known, nearest


def test_the_nearest_name_and_all_that_are_known():
    assert names_known("nfc", ["ncf", "fawmf"]) == "Did you mean 'ncf'? Known: fawmf, ncf"
    assert names_known("zzz", {"b": 1, "a": 2}) == "Known: a, b"
    assert names_known("zzz", []) == "Known: none"
    assert nearest("wfm", ["wmf", "ease"]) == "wmf" and nearest("qqq", ["wmf"]) is None
