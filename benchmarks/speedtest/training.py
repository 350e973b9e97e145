"""Time and memory of training, from a thousand sentences on.

    python -m speedtest.training SENTENCES      # one training in a process of its own, as JSON

Sentences are made of the composed ones: the front of one and the back of another with the same labels,
a dozen a document. Settings are those of the shipped model but for the kinds of sentences, of which
there is one.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import defaultdict
from typing import Any

from speedtest import workload
from speedtest.peers import LABELS, peak_bytes
from speedtest.rounds import ALONE

# Where time is spent; a step is charged with what it calls, and the first that fits counts.
STEPS = {
    "near-duplicates": ("shingles.py", "document_groups"),
    "folds": ("folds.py", "assign_folds"),
    "counting terms": ("features.py", "count_terms"),
    "weighing terms": ("features.py", "tfidf"),
    "fitting (liblinear)": ("linear.py", "_fit_one"),
    "bootstrap": ("evaluate.py", "evaluate"),
}


def corpus(n: int) -> Any:
    from classifier.corpus.read import Corpus
    from classifier.schema import Example, Label, LabelSet

    chance = random.Random(11)
    kinds: dict[tuple[str, ...], list[list[str]]] = defaultdict(list)
    for e in workload.composed():
        kinds[tuple(sorted(e["labels"]))].append(e["text"].split())
    drawn = chance.choices(list(kinds), [len(texts) for texts in kinds.values()], k=n)
    examples = []
    for i, labels in enumerate(drawn):
        front, back = chance.choice(kinds[labels]), chance.choice(kinds[labels])
        text = " ".join(front[: len(front) // 2] + back[len(back) // 2 :])
        named = tuple(name for name in LABELS if name in labels)
        examples.append(Example(f"{i}", f"document-{i // 12}", i % 12, text, named))
    return Corpus(tuple(examples), LabelSet(tuple(Label(name) for name in LABELS)))


def measure(n: int) -> dict[str, Any]:
    import cProfile
    import pstats

    from classifier.model.settings import Settings
    from classifier.model.train import train

    data = corpus(n)
    profile = cProfile.Profile()
    begin = time.perf_counter()
    profile.enable()
    train(data, Settings(C=(10.0,), nb_power=0.5))
    profile.disable()
    seconds = time.perf_counter() - begin
    stats: Any = pstats.Stats(profile)
    steps = {}
    for step, (file, function) in STEPS.items():
        found = [v[3] for k, v in stats.stats.items() if k[0].endswith(file) and k[2] == function]
        steps[step] = sum(found)
    return {
        "sentences": n,
        "seconds": seconds,
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
