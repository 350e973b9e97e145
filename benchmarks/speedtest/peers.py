"""The scorers that are compared, each in a process of its own.

    python -m speedtest.peers build NAME FOLDER     # train or convert once, into a folder
    python -m speedtest.peers serve NAME FOLDER     # load, then answer requests in JSON, one a line

Who needs training is trained on the composed sentences; accuracy is not compared here, and a model
of these sentences has fewer terms than the shipped one.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from speedtest import others, scorers, workload

SAMPLE = 2_000  # sentences whose probabilities are compared


PEERS: dict[str, type[scorers.Peer]] = {
    "kernel": scorers.Ours,
    "kernel, threads": scorers.Threads,
    "twin": scorers.OursTwin,
    "scikit-learn": scorers.Sklearn,
    "hashing": scorers.Hashing,
    "fastText": others.FastText,
    "fastText, words": others.FastTextWords,
    "spaCy": others.Spacy,
    "Vowpal Wabbit": others.VowpalWabbit,
    "scikit-learn, words": scorers.SklearnWords,
    "ONNX, words": others.Onnx,
    "MiniLM": others.MiniLM,
}


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
