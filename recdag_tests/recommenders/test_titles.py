from recdag.recommenders.catalogue import MODELS, model_title


def test_models_are_called_as_in_the_literature():
    assert model_title("neumf_pretrain") == "NeuMF (pre-trained)"
    assert model_title("mult_vae_pr") == "Mult-VAE^PR"
    assert model_title("of_someone_else") == "of_someone_else"
    titles = [model_title(name) for name in MODELS]
    assert len(set(titles)) == len(titles) and all(spec.title for spec in MODELS.values())
