"""Neural collaborative filtering and Implicit CF-NADE."""

from recdag.recommenders.configs import cf_nade, ncf
from recdag.recommenders.registry.spec import ModelSpec

SPECS = (
    ModelSpec(
        "gmf",
        "ncf",
        "GMF",
        ncf.GMFConfig,
        "1",
        True,
        ("factors",),
        "Generalized matrix factorization (He et al. 2017, section 3.2): a learned weighting of "
        "the elementwise product of user and item embeddings.",
        title="GMF",
    ),
    ModelSpec(
        "mlp",
        "ncf",
        "MLP",
        ncf.MLPConfig,
        "1",
        True,
        ("factors", "layers"),
        "Multi-layer perceptron on concatenated user and item embeddings (He et al. 2017, section "
        "3.3): the interaction function is learned.",
        title="MLP",
    ),
    ModelSpec(
        "neumf",
        "ncf",
        "NeuMF",
        ncf.NeuMFConfig,
        "1",
        True,
        ("factors",),
        "Neural matrix factorization (He et al. 2017, section 3.4): GMF and MLP side by side, "
        "joined in the last layer, trained from scratch.",
        title="NeuMF",
    ),
    ModelSpec(
        "neumf_pretrain",
        "ncf",
        "PretrainedNeuMF",
        ncf.PretrainedNeuMFConfig,
        "1",
        True,
        ("factors",),
        "NeuMF that starts from a trained GMF and a trained MLP (He et al. 2017, section 3.4.1) "
        "and goes on with plain SGD.",
        title="NeuMF (pre-trained)",
    ),
    ModelSpec(
        "implicit_cf_nade",
        "cf_nade",
        "ImplicitCFNADE",
        cf_nade.ImplicitCFNADEConfig,
        "1",
        True,
        ("alpha", "hidden"),
        "Implicit CF-NADE (Zheng et al. 2016): a network that predicts likes from any part of a "
        "user's other likes and dislikes, weighted by confidence. Trained on random splits of the "
        "items.",
        title="Implicit CF-NADE",
    ),
    ModelSpec(
        "implicit_cf_nade_normalised",
        "cf_nade",
        "ImplicitCFNADE",
        cf_nade.ImplicitCFNADEConfig,
        "1",
        True,
        ("alpha", "hidden"),
        "A variant of Implicit CF-NADE that is not in the paper: confidences of the likes are scaled to "
        "length 1 and dislikes are averaged, where equation 9 sums both.",
        title="Implicit CF-NADE, normalised",
    ),
)
