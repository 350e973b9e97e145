"""What one would write without esc: sentencex, scikit-learn and json, articles in, sentences out.

    python plain_script.py MODEL.joblib ARTICLES > SENTENCES

ARTICLES is a file of JSON lines, or a text. Sentences are scored 4,000 at a time, which is where
scikit-learn is as fast as it gets.
"""

import json
import sys
from pathlib import Path

import joblib
from sentencex import segment

LABELS = ("battlefield_claim", "red_line_warning", "diplomatic_signal", "weapons_policy")


def flush(pipeline, waiting):
    probabilities = pipeline.predict_proba([text for _, text in waiting])
    for (name, text), row in zip(waiting, probabilities.tolist(), strict=True):
        line = {
            "document": name,
            "text": text,
            "probabilities": dict(zip(LABELS, row, strict=True)),
        }
        sys.stdout.write(json.dumps(line) + "\n")
    waiting.clear()


def main() -> None:
    model, path = sys.argv[1:]
    pipeline = joblib.load(model)
    waiting = []
    with Path(path).open(encoding="utf-8") as lines:
        articles = (
            ({"id": path, "text": lines.read()},)
            if path.endswith(".txt")
            else (json.loads(line) for line in lines)
        )
        for article in articles:
            for paragraph in article["text"].split("\n"):
                waiting += [(article["id"], s) for s in segment("en", paragraph) if s.strip()]
            if len(waiting) >= 4_000:
                flush(pipeline, waiting)
    if waiting:
        flush(pipeline, waiting)


if __name__ == "__main__":
    main()
