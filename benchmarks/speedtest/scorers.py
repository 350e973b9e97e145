"""Ours and scikit-learn's: scorers of the shipped model, and the same features hashed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speedtest import workload

if TYPE_CHECKING:
    from collections.abc import Sequence

LABELS = ("battlefield_claim", "red_line_warning", "diplomatic_signal", "weapons_policy")


def targets() -> tuple[list[str], Any]:
    import numpy as np

    examples = workload.composed()
    truth = np.array([[name in e["labels"] for name in LABELS] for e in examples])
    return [e["text"] for e in examples], truth


class Peer:
    """A scorer; `score` returns probabilities, shape (n, 4), or None where it gives none."""

    about = ""
    limit = 1 << 30  # sentences at a time, for the slow

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @staticmethod
    def build(folder: Path) -> None:
        pass

    def score(self, texts: Sequence[str]) -> Any:
        raise NotImplementedError

    def seconds(self, texts: Sequence[str]) -> float:
        begin = time.perf_counter()
        self.score(texts)
        return time.perf_counter() - begin

    def peak(self) -> int:
        return peak_bytes("self")


def peak_bytes(process: str) -> int:
    """Return the peak of the resident memory of a process (Linux)."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


class Ours(Peer):
    about = "the compiled kernel, the shipped model"
    twin = "1"

    def __init__(self, folder: Path) -> None:  # noqa: ARG002
        os.environ["ESC_KERNEL"] = self.twin
        from classifier import load

        self.predictor = load()
        wanted = "Twin" if self.twin == "0" else "Kernel"
        found = type(self.predictor.scorer).__name__
        if found != wanted:
            raise RuntimeError(f"{found} runs, not {wanted}")

    def score(self, texts: Sequence[str]) -> Any:
        return self.predictor.predict_proba(texts)


class Threads(Ours):
    about = "the compiled kernel in threads of one process"

    def __init__(self, folder: Path) -> None:
        from concurrent.futures import ThreadPoolExecutor

        super().__init__(folder)
        self.n = cores()
        self.pool = ThreadPoolExecutor(self.n)
        list(self.pool.map(self.predictor.predict_proba, [["warm"]] * self.n))

    def score(self, texts: Sequence[str]) -> Any:
        size = -(-len(texts) // self.n)
        parts = [texts[i : i + size] for i in range(0, len(texts), size)]
        return list(self.pool.map(self.predictor.predict_proba, parts))


class OursTwin(Ours):
    about = "its twin in numpy, the shipped model"
    twin = "0"


class Sklearn(Peer):
    about = "scikit-learn Pipeline with the same features and weights (esc export)"

    @staticmethod
    def build(folder: Path) -> None:
        command = [sys.executable, "-m", "classifier", "export", "--output"]
        subprocess.run([*command, folder / "model.joblib"], check=True, stderr=subprocess.DEVNULL)

    def __init__(self, folder: Path) -> None:
        import joblib

        self.pipeline = joblib.load(folder / "model.joblib")

    def score(self, texts: Sequence[str]) -> Any:
        return self.pipeline.predict_proba(texts)


class Hashing(Sklearn):
    about = (
        "HashingVectorizer (2^20 buckets) with the same n-grams of words and characters, TF-IDF, "
        "logistic regression"
    )

    @staticmethod
    def build(folder: Path) -> None:
        import joblib
        from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
        from sklearn.linear_model import LogisticRegression
        from sklearn.multiclass import OneVsRestClassifier
        from sklearn.pipeline import make_pipeline, make_union

        from classifier.model.features import analysers
        from classifier.model.settings import FeatureSettings

        parts = [
            make_pipeline(
                HashingVectorizer(**a, n_features=1 << 20, alternate_sign=False, norm=None),
                TfidfTransformer(sublinear_tf=True),
            )
            for a in analysers(FeatureSettings()).values()
        ]
        logistic = LogisticRegression(C=10.0, solver="liblinear")
        model = make_pipeline(make_union(*parts), OneVsRestClassifier(logistic))
        texts, truth = targets()
        model.fit(texts[::3], truth[::3])  # a third, for it takes long and speed is the same
        joblib.dump(model, folder / "model.joblib")


class SklearnWords(Sklearn):
    about = "scikit-learn with the shipped model's words alone, to compare ONNX with"

    @staticmethod
    def build(folder: Path) -> None:
        import joblib

        joblib.dump(words_alone(), folder / "model.joblib")


def words_alone() -> Any:
    from dataclasses import replace

    from sklearn.pipeline import Pipeline

    from classifier import load
    from classifier.model.export import to_pipeline

    model = replace(load().model, dependence=None)
    whole = to_pipeline(replace(model, blocks={"word": model.blocks["word"]}))
    [(_, vectoriser)] = whole.named_steps["features"].transformer_list
    return Pipeline([("words", vectoriser), ("classifier", whole.named_steps["classifier"])])


def cores() -> int:
    return len(os.sched_getaffinity(0))
