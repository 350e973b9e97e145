"""Time and memory of training, from a thousand sentences on.

    python -m speedtest.training SENTENCES      # one training in a process of its own, as JSON

Sentences are made of the composed ones: four words of one, four of the next and so on, all with the
same labels; a dozen are a document. Longer parts would make near-duplicates of them, which tie
documents into groups that grow until one fold has nearly all of them. Settings are those of the
shipped model but for the kinds of sentences, of which there is one.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import defaultdict
from importlib import import_module
from typing import Any

from speedtest import workload
from speedtest.rounds import ALONE
from speedtest.scorers import LABELS, peak_bytes

# The function behind each step, where training looks it up.
STEPS = {
    "near-duplicates": ("classifier.model.train", "document_groups"),
    "folds": ("classifier.model.train", "assign_folds"),
    "counting terms": ("classifier.model.train", "count_terms"),
    "weighing terms": ("classifier.model.fits", "tfidf"),
    "fitting (liblinear)": ("classifier.model.linear", "fit_logistic"),
    "bootstrap": ("classifier.model.train", "evaluate"),
}


PART = 4  # words that stay together


def corpus(n: int) -> Any:
    from classifier.corpus.read import Corpus
    from classifier.schema import Example, Label, LabelSet

    chance = random.Random(11)
    kinds: dict[tuple[str, ...], list[list[str]]] = defaultdict(list)
    for e in workload.composed():
        words = e["text"].split()
        parts = [" ".join(words[i : i + PART]) for i in range(0, len(words), PART)]
        kinds[tuple(sorted(e["labels"]))].append(parts)
    drawn = chance.choices(list(kinds), [len(texts) for texts in kinds.values()], k=n)
    parts_of = {labels: [p for parts in texts for p in parts] for labels, texts in kinds.items()}
    examples = []
    for i, labels in enumerate(drawn):
        length = len(chance.choice(kinds[labels]))
        text = " ".join(chance.choices(parts_of[labels], k=length))
        named = tuple(name for name in LABELS if name in labels)
        examples.append(Example(f"{i}", f"document-{i // 12}", i % 12, text, named))
    return Corpus(tuple(examples), LabelSet(tuple(Label(name) for name in LABELS)))


def _timed(step: str, seconds: dict[str, float]) -> None:
    """Put a stop-watch around the function behind a step."""
    home, name = STEPS[step]
    module = import_module(home)
    function = getattr(module, name)

    def timed(*values: Any, **more: Any) -> Any:
        begin = time.perf_counter()
        try:
            return function(*values, **more)
        finally:
            seconds[step] += time.perf_counter() - begin

    setattr(module, name, timed)


def measure(n: int) -> dict[str, Any]:
    import sklearn.linear_model
    import sklearn.model_selection  # noqa: F401  not a cost of any step

    from classifier.model.settings import Settings
    from classifier.model.train import train

    steps = dict.fromkeys(STEPS, 0.0)
    for step in STEPS:
        _timed(step, steps)
    data = corpus(n)
    begin, spent = time.perf_counter(), time.process_time()
    settings = Settings(C=(10.0,), nb_power=0.5)
    train(data, settings)
    return {
        "sentences": n,
        "word_classes": settings.features.word_classes,
        "seconds": time.perf_counter() - begin,
        "cpu_seconds": time.process_time() - spent,
        "peak_megabytes": peak_bytes("self") / 1e6,
        "steps": steps,
    }


def apart(n: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "speedtest.training", str(n)]
    done = subprocess.run(command, env=ALONE, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
