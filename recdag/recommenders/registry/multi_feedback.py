"""Models of several types of feedback."""

from recdag.recommenders.configs import multi_feedback
from recdag.recommenders.registry.spec import ModelSpec

SPECS = (
    ModelSpec(
        "met",
        "met",
        "Met",
        multi_feedback.MetConfig,
        "1",
        False,
        (),
        "Ranks first what a user met in another behaviour: by behaviour, how often and when last, then by "
        "popularity. The floor for models of several kinds of feedback; no paper here compares with it.",
        needs_supportive=True,
        random=False,
        libraries=("numpy",),
        title="Met before",
    ),
    ModelSpec(
        "mf",
        "multi_feedback",
        "MF",
        multi_feedback.MFConfig,
        "1",
        True,
        ("factors", "negatives", "sampler"),
        "The matrix factorization part of MF + multi-branch MLP alone (equation 1), trained on pairs. "
        "Its negatives come from the sampler of the whole model.",
        title="MF",
    ),
    ModelSpec(
        "mmlp",
        "multi_feedback",
        "MMLP",
        multi_feedback.MMLPConfig,
        "1",
        True,
        ("factors", "negatives", "layers", "sampler"),
        "The multi-branch perceptron alone (equations 2 to 4): one branch a feedback type, joined at "
        "the end. A branch learns only from pairs with its feedback.",
        title="M-MLP",
    ),
    ModelSpec(
        "mf_mmlp",
        "multi_feedback",
        "MFMMLP",
        multi_feedback.MFMMLPConfig,
        "1",
        True,
        ("factors", "negatives", "layers", "sampler"),
        "Matrix factorization and multi-branch perceptron side by side (equations 5 to 7), for "
        "several types of feedback. The paper's own model.",
        title="MF + M-MLP",
    ),
    ModelSpec(
        "mfpr",
        "mfpr",
        "MFPR",
        multi_feedback.MFPRConfig,
        "1",
        True,
        ("factors", "sampler"),
        "Multi-feedback pairwise ranking, adapted: pairwise factorization whose user vectors gain "
        "from the items of every feedback type. The original's text was not at hand, so this is a "
        "reading of it.",
        adapted=True,
        title="MFPR",
    ),
)
