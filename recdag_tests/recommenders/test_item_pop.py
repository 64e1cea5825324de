import numpy as np
import torch
from scipy.sparse import csr_array

from recdag.recommenders.base import Query
from recdag.recommenders.item_pop import ItemPopConfig
from recdag.recommenders.item_pop.model import ItemPop
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions


def test_scores_are_training_counts_for_every_user() -> None:
    positives = csr_array(np.array([[1, 0, 1], [0, 0, 1]], np.float32))
    model = ItemPop(ItemPopConfig())
    model.fit(TrainingData(positives, positives * 5), FitOptions())
    query = Query(np.array([1, -1]), positives)

    assert model.score(query).tolist() == [[1, 0, 2], [1, 0, 2]]
    assert model.score(query, torch.tensor([[2, 1], [0, 0]])).tolist() == [[2, 0], [1, 1]]

    again = ItemPop(ItemPopConfig())
    again.load_parameters(model.parameters_state())
    assert torch.equal(again.score(query), model.score(query))
