"""Neural collaborative filtering (He et al. 2017): GMF, MLP, NeuMF, and NeuMF with pre-training."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch

from recdag.recommenders.base import Query
from recdag.recommenders.ncf import GMFConfig, MLPConfig, NeuMFConfig, PretrainedNeuMFConfig
from recdag.recommenders.ncf.network import NCFNetwork, initial_parameters, tower
from recdag.recommenders.shared.known_users import known_users
from recdag.recommenders.shared.parameter_model import ParameterModel
from recdag.training.data import TrainingData
from recdag.training.device import one_thread
from recdag.training.loop import seed_everything, train
from recdag.training.options import FitOptions, History, HistoryRow
from recdag.training.samplers import NegativeSampler

C = TypeVar("C", bound=GMFConfig)

# Below so many activations in the widest layer a step is faster on one core than shared.
SMALL_STEP = 2**18


class _NCF(ParameterModel[C]):
    """Training by binary cross-entropy on positives and sampled negatives, and scoring."""

    folds_in: ClassVar[bool] = False
    _network: NCFNetwork
    _sampler: NegativeSampler

    def _fit_from_scratch(
        self, data: TrainingData, options: FitOptions, gmf_width: int, mlp_widths: list[int]
    ) -> History:
        seed_everything(options.seed, options.phase, 0)
        parameters = initial_parameters(data.n_users, data.n_items, gmf_width, mlp_widths, options.device)
        self._start(data, options, parameters)
        self.optimizer = torch.optim.Adam(self.parameters.values(), lr=self.config.learning_rate, fused=True)
        return self._train(options)

    def _train(self, options: FitOptions) -> History:
        widest = max(value.shape[-1] for value in self.parameters.values())
        small = self.config.batch_size * widest < SMALL_STEP
        with one_thread() if small else nullcontext():
            return train(self, epochs=self.config.epochs, options=options, patience=self.config.patience)

    def _start(self, data: TrainingData, options: FitOptions, parameters: dict[str, torch.Tensor]) -> None:
        self.device = options.device
        self._sampler = NegativeSampler(data.positives, options.device)
        self.hold(parameters)
        self._network.prepare_training()

    def hold(self, parameters: dict[str, torch.Tensor]) -> None:
        super().hold(parameters)
        self._network = NCFNetwork(parameters)

    def train_epoch(self, rng: np.random.Generator, options: FitOptions) -> dict[str, float]:
        """One pass over the positives, each with `negatives` negatives drawn anew."""
        size = 1 + self.config.negatives
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        for users, items in self._sampler.batches(max(1, self.config.batch_size // size), size - 1):
            total += self._network.backpropagate(users, items)
            self.optimizer.step()
            options.heartbeat()
        return {"loss": total.item() / (len(self._sampler) * size)}

    def item_vectors(self) -> torch.Tensor:
        """Those of the GMF part, where the network has both."""
        return self.parameters["gmf_item" if "gmf_item" in self.parameters else "mlp_item"]

    def score(self, query: Query, items: torch.Tensor | None = None) -> torch.Tensor:
        return self._network.logits(known_users(query, self.device), items)


class GMF(_NCF[GMFConfig]):
    """Generalized matrix factorization: h . (p_u * q_i) + b (equation 9)."""

    def fit(self, data: TrainingData, options: FitOptions) -> History:
        return self._fit_from_scratch(data, options, self.config.factors, [])


class MLP(_NCF[MLPConfig]):
    """Multi-layer perceptron on [p_u; q_i] (equation 10)."""

    scores_all_items: ClassVar[bool] = False

    def fit(self, data: TrainingData, options: FitOptions) -> History:
        config = self.config
        widths = tower(config.factors, config.layers, config.embedding)
        return self._fit_from_scratch(data, options, 0, widths)


class NeuMF(_NCF[NeuMFConfig]):
    """GMF and MLP with vectors of their own, joined in the output layer (equation 12)."""

    scores_all_items: ClassVar[bool] = False

    def fit(self, data: TrainingData, options: FitOptions) -> History:
        config = self.config
        widths = tower(config.factors, config.layers, config.embedding)
        return self._fit_from_scratch(data, options, config.factors, widths)


class PretrainedNeuMF(_NCF[PretrainedNeuMFConfig]):
    """NeuMF from a trained GMF and a trained MLP, trained on with plain SGD (section 3.4.1)."""

    scores_all_items: ClassVar[bool] = False

    def fit(self, data: TrainingData, options: FitOptions) -> History:
        """Three phases with a checkpoint each: `gmf`, `mlp`, `neumf`.

        With validation each phase keeps its best epoch; in the last one the joined parts before
        any step of SGD compete as epoch 0.
        """
        config = self.config
        pretraining: dict[str, Any] = {
            "factors": config.factors,
            "negatives": config.negatives,
            "batch_size": config.pretrain_batch_size,
            "patience": config.patience,
        }
        gmf = GMF(GMFConfig(epochs=config.gmf_epochs, learning_rate=config.gmf_learning_rate, **pretraining))
        gmf_history = gmf.fit(data, options.in_phase("gmf"))
        pretraining |= {"layers": config.layers, "embedding": config.embedding}
        mlp = MLP(MLPConfig(epochs=config.mlp_epochs, learning_rate=config.mlp_learning_rate, **pretraining))
        mlp_history = mlp.fit(data, options.in_phase("mlp"))

        options = options.in_phase("neumf")
        joined = join(gmf.parameters_state(), mlp.parameters_state(), config.alpha)
        self._start(data, options, {name: value.clone() for name, value in joined.items()})
        self.optimizer = torch.optim.SGD(self.parameters.values(), lr=config.learning_rate, fused=True)
        before = options.validate(self) if options.validate else None
        history = self._train(options)
        if before is not None:
            history.rows.insert(0, HistoryRow(options.phase, 0, "validation", before, 0.0))
            if before >= max(row.value for row in history.rows if row.name == "validation"):
                self.load_parameters(joined)
                history.selected = {"epochs": 0}
            history.selected |= {
                "gmf_epochs": gmf_history.selected["epochs"],
                "mlp_epochs": mlp_history.selected["epochs"],
            }
        history.rows = [*gmf_history.rows, *mlp_history.rows, *history.rows]
        return history


def join(gmf: dict[str, torch.Tensor], mlp: dict[str, torch.Tensor], alpha: float) -> dict[str, torch.Tensor]:
    """Parameters of a NeuMF whose logits are alpha times GMF's and 1 - alpha times MLP's (equation 13)."""
    output = max(name for name in mlp if name.startswith("mlp_weight"))
    return {
        **gmf,
        **mlp,
        "gmf_output": alpha * gmf["gmf_output"],
        output: (1 - alpha) * mlp[output],
        "output_bias": alpha * gmf["output_bias"] + (1 - alpha) * mlp["output_bias"],
    }
