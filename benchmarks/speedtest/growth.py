"""How cost grows: with the number of sentences, of terms and of labels; and the floors below it.

python -m speedtest.growth WHAT ARGUMENT...     # one measurement in a process of its own
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any

from speedtest import workload
from speedtest.rounds import ALONE
from speedtest.scorers import peak_bytes

if TYPE_CHECKING:
    from collections.abc import Callable


def with_sentences(most: int) -> list[dict[str, Any]]:
    """Score a stream of sentences; tell time and peak of memory at each power of ten."""
    from classifier import load

    predictor = load()
    predictor.predict_proba(["warm"])
    found, done, seconds, mark = [], 0, 0.0, 1_000
    for batch in workload.batches(seed=7):
        part = batch[: mark - done]
        begin = time.perf_counter()
        predictor.predict_proba(part)
        seconds += time.perf_counter() - begin
        done += len(part)
        if done == mark:
            peak = peak_bytes("self") / 1e6
            found.append({"sentences": done, "seconds": seconds, "peak_megabytes": peak})
            mark *= 10
        if done >= most:
            break
    return found


def _time(predict: Callable[[list[str]], Any], rounds: int = 5) -> float:
    """Median seconds for 5,000 sentences, other ones each time."""
    predict(workload.sentences(5_000, seed=8))
    seconds = []
    for seed in range(10, 10 + rounds):
        texts = workload.sentences(5_000, seed)
        begin = time.perf_counter()
        predict(texts)
        seconds.append(time.perf_counter() - begin)
    return median(seconds)


def with_terms() -> list[dict[str, Any]]:
    """Vocabularies drawn from the shipped one, and larger ones whose further terms never occur."""
    import numpy as np

    from classifier import load
    from classifier.scoring.predictor import Predictor

    model = load().model
    chance = np.random.default_rng(0)
    whole = sum(len(block) for block in model.blocks.values())
    found = []
    for wanted in (1_000, 10_000, whole, 1_000_000, 4_000_000):
        blocks = {}
        for kind, block in model.blocks.items():
            n = round(wanted * len(block) / whole)
            rows = np.sort(chance.permutation(len(block))[:n])
            hashes, idf, coef = block.hash[rows], block.idf[rows], block.coef[rows]
            if n > len(block):
                more = chance.integers(1, 2**64 - 1, n - len(block), dtype=np.uint64)
                hashes, places = np.unique(np.concatenate([hashes, more]), return_index=True)
                places = np.where(places < len(block), places, places % len(block))
                idf, coef = idf[places], coef[places]
            blocks[kind] = replace(block, hash=hashes, idf=idf, coef=coef)
        predictor = Predictor(replace(model, blocks=blocks))
        terms = sum(len(block) for block in blocks.values())
        found.append({"terms": terms, "sentences_a_second": 5_000 / _time(predictor.predict_proba)})
    return found


def with_labels() -> list[dict[str, Any]]:
    import numpy as np

    from classifier import load
    from classifier.schema import Label, LabelSet
    from classifier.scoring.predictor import Predictor

    model = load().model
    chance = np.random.default_rng(0)
    found = []
    for n in (1, 4, 16, 64, 256):
        blocks = {
            kind: replace(block, coef=chance.normal(size=(len(block), n)).astype(np.float32))
            for kind, block in model.blocks.items()
        }
        made = replace(
            model,
            blocks=blocks,
            labels=LabelSet(tuple(Label(f"label_{i}") for i in range(n))),
            intercept=np.zeros(n),
            thresholds=(0.5,) * n,
            bands=(),
        )
        seconds = _time(Predictor(made).predict_proba)
        found.append({"labels": n, "sentences_a_second": 5_000 / seconds})
    return found


def floors() -> list[dict[str, Any]]:
    """What reading the same sentences costs that does not score them."""
    import tempfile
    from pathlib import Path

    import orjson

    texts = workload.sentences(20_000, seed=9)
    size = sum(len(text.encode()) for text in texts)
    packed = [json.dumps({"text": text}).encode() for text in texts]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts"
        path.write_text("\n".join(texts), encoding="utf-8")
        ways: dict[str, Callable[[], Any]] = {
            "reading the bytes": path.read_bytes,
            "str.split": lambda: [text.split() for text in texts],
            "str.lower": lambda: [text.lower() for text in texts],
            "json.loads": lambda: [json.loads(line) for line in packed],
            "orjson.loads": lambda: [orjson.loads(line) for line in packed],
        }
        found = []
        for name, way in ways.items():
            seconds = []
            for _ in range(7):
                begin = time.perf_counter()
                way()
                seconds.append(time.perf_counter() - begin)
            rate = len(texts) / median(seconds)
            row = {"floor": name, "sentences_a_second": rate}
            found.append({**row, "megabytes_a_second": size / median(seconds) / 1e6})
    return found


WAYS: dict[str, Callable[..., Any]] = {
    "sentences": with_sentences,
    "terms": with_terms,
    "labels": with_labels,
    "floors": floors,
}


def apart(what: str, *numbers: int) -> Any:
    """Measure in a process of its own."""
    command = [sys.executable, "-m", "speedtest.growth", what, *map(str, numbers)]
    done = subprocess.run(command, env=ALONE, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    print(json.dumps(WAYS[sys.argv[1]](*map(int, sys.argv[2:]))))
