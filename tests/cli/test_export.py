from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.cli.conftest import SHELLING, WARNING, WEATHER, environment

# Run where the package cannot be imported: the file has to need scikit-learn alone.
ORACLE = """
import json, sys
sys.modules["classifier"] = None
import joblib
pipeline = joblib.load("out.joblib")
texts = json.load(sys.stdin)
print(json.dumps([pipeline.labels_, pipeline.thresholds_, pipeline.predict_proba(texts).tolist()]))
"""
TEXTS = [
    SHELLING,
    WARNING,
    WEATHER,
    "Envoys from Ostrava will meet mediators in Lunde on Friday.",
    "Élan’s ŁÓDŹ brigade—3.5 km away—fired ﬁve rockets; 'no comment', said İpek.",
    "?!",
]


@pytest.mark.parametrize("model", ["default", "tiny"])
def test_the_exported_pipeline_has_the_probabilities_of_score(esc, place, tiny, model):
    chosen = tiny if model == "tiny" else "default"
    code, out, err = esc("export", "--model", chosen, "--output", "out.joblib")
    assert (code, out) == (0, b"")
    assert "only your own" in err
    loaded = subprocess.run(
        [sys.executable, "-W", "error", "-c", ORACLE],
        cwd=place,
        input=json.dumps(TEXTS),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert loaded.returncode == 0, loaded.stderr
    labels, thresholds, expected = json.loads(loaded.stdout)
    # Each text is a document of its own: a Pipeline knows sentences by themselves alone.
    (place / "texts.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in TEXTS))
    _, out, _ = esc("score", "texts.jsonl", "--model", chosen, "--format", "json")
    whole = json.loads(out)
    found = [row for document in whole["documents"] for row in document["predictions"]]
    assert [row["text"] for row in found] == TEXTS
    assert labels == whole["labels"]
    assert thresholds == whole["thresholds"]
    for row, probabilities in zip(found, expected, strict=True):
        assert list(row["probabilities"].values()) == pytest.approx(probabilities, abs=1e-6)


def test_a_folder_is_no_file(esc, place):
    code, _, err = esc("export", "--output", place)
    assert code == 2
    assert "is a folder" in err


def test_an_unknown_format_writes_nothing(esc, place):
    code, _, err = esc("export", "--output", "out.onnx", "--format", "onnx")
    assert code == 2
    assert len(err.splitlines()) == 1
    assert not (place / "out.onnx").exists()
