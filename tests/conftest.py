"""Corpora and models that many tests read; none of them may change what a fixture gives it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import settings as hypothesis_settings

import tests.compiled  # noqa: F401  before anything imports the kernel
from classifier import shipped
from classifier.corpus.labels import label_set_json
from classifier.corpus.read import Corpus, read_corpus
from classifier.model.artefact import save_model
from classifier.model.export import to_pipeline
from classifier.model.settings import FeatureSettings, Settings
from classifier.model.train import Trained, train
from classifier.schema import LabelSet
from classifier.scoring.loading import load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from classifier.scoring.predictor import Predictor

hypothesis_settings.register_profile("esc", deadline=None, database=None, print_blob=True)
hypothesis_settings.load_profile("esc")

THEATRES, DOCUMENTS = 5, 7
# Few strengths and resamples: the tests look at behaviour, not at quality.
QUICK = Settings(C=(1.0, 10.0), folds=3, bootstrap=20)


class Kinds(dict):
    """Things by the kind of their model; Hypothesis writes its arguments out, models are long."""

    def __repr__(self) -> str:
        return f"Kinds({', '.join(self)})"


def single_labels(corpus: Corpus, names: Sequence[str]) -> Corpus:
    """Keep the sentences with exactly one of some labels, as an exclusive corpus."""
    kept = [e for e in corpus.examples if len(set(e.labels) & set(names)) == 1]
    examples = tuple(
        replace(e, labels=tuple(name for name in e.labels if name in names)) for e in kept
    )
    labels = tuple(label for label in corpus.labels if label.name in names)
    return Corpus(examples, LabelSet(labels, exclusive=True))


def one_label(corpus: Corpus, name: str) -> Corpus:
    """Keep all sentences and one label."""
    examples = tuple(
        replace(e, labels=(name,) if name in e.labels else ()) for e in corpus.examples
    )
    labels = tuple(label for label in corpus.labels if label.name == name)
    return Corpus(examples, LabelSet(labels))


def example_lines(corpus: Corpus) -> list[bytes]:
    """Return the lines of a labelled file."""
    return [
        orjson.dumps(
            {
                "id": e.id,
                "document": e.document,
                "position": e.position,
                "text": e.text,
                "labels": e.labels,
                "origin": e.origin,
            }
        )
        for e in corpus.examples
    ]


def write_corpus(corpus: Corpus, folder: Path) -> Path:
    """Write a corpus as a folder of labelled files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sentences.jsonl").write_bytes(b"\n".join(example_lines(corpus)) + b"\n")
    (folder / "labels.json").write_bytes(orjson.dumps(label_set_json(corpus.labels)))
    return folder


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    """Some documents of the first five theatres in which every label stands in a few."""
    examples, labels, theatres = [], None, 0
    for path in sorted((shipped.data() / "composed").glob("*.jsonl")):
        found = read_corpus([path])
        documents = sorted({e.document for e in found.examples})[:DOCUMENTS]
        kept = [e for e in found.examples if e.document in documents]
        spread = [len({e.document for e in kept if n in e.labels}) for n in found.labels.names]
        if min(spread) < 4:
            continue
        examples += kept
        labels = found.labels
        theatres += 1
        if theatres == THEATRES:
            break
    assert labels is not None
    assert theatres == THEATRES
    return Corpus(tuple(examples), labels)


@pytest.fixture(scope="session")
def corpus_folder(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus as files."""
    return write_corpus(corpus, tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="session")
def exclusive_corpus(corpus: Corpus) -> Corpus:
    """Sentences with exactly one of three labels."""
    return single_labels(corpus, corpus.labels.names[:3])


@pytest.fixture(scope="session")
def trained(corpus: Corpus) -> Trained:
    """A model trained on the corpus, with its out-of-fold predictions."""
    return train(corpus, QUICK)


@pytest.fixture(scope="session")
def broad_corpus(corpus: Corpus) -> Corpus:
    """That corpus and some documents without any label."""
    found = read_corpus([shipped.data() / "composed" / "off-topic.jsonl"])
    carried = {e.document for e in found.examples if e.labels}
    others = sorted({e.document for e in found.examples} - carried)[:25]
    examples = (*corpus.examples, *(e for e in found.examples if e.document in others))
    return replace(corpus, examples=examples)


@pytest.fixture(scope="session")
def broad(broad_corpus: Corpus) -> Trained:
    """A model of it."""
    return train(broad_corpus, QUICK)


@pytest.fixture(scope="session")
def model_folder(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trained model on disk; copy it before damaging it."""
    folder = tmp_path_factory.mktemp("models") / "small"
    save_model(trained.model, folder)
    return folder


@pytest.fixture(scope="session")
def predictor(model_folder: Path) -> Predictor:
    """The trained model, loaded from disk."""
    return load(str(model_folder))


@pytest.fixture(scope="session")
def context_trained(corpus: Corpus) -> Trained:
    """A model that looks at the rest of the document."""
    return train(corpus, replace(QUICK, context=True))


@pytest.fixture(scope="session")
def context_folder(context_trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That model on disk; copy it before damaging it."""
    folder = tmp_path_factory.mktemp("models") / "context"
    save_model(context_trained.model, folder)
    return folder


@pytest.fixture(scope="session")
def context_predictor(context_folder: Path) -> Predictor:
    """That model, loaded from disk."""
    return load(str(context_folder))


@pytest.fixture(scope="session")
def predictors(
    corpus: Corpus,
    exclusive_corpus: Corpus,
    predictor: Predictor,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Predictor]:
    """Loaded models of every kind."""
    names = corpus.labels.names
    accents = FeatureSettings(word_ngrams=(1, 3), char_ngrams=(3, 4), strip_accents=False)
    words = FeatureSettings(char_ngrams=(0, 0))
    classes = FeatureSettings(char_ngrams=(0, 0), word_classes="english")
    kinds = {
        "three": (exclusive_corpus, QUICK),
        "two": (single_labels(corpus, names[:2]), QUICK),
        "one": (one_label(corpus, names[0]), QUICK),
        "accents": (corpus, replace(QUICK, features=accents)),
        "words": (corpus, replace(QUICK, features=words)),
        "classes": (corpus, replace(QUICK, features=classes)),
    }
    base = tmp_path_factory.mktemp("kinds")
    found = Kinds(multi=predictor)
    for kind, (data, settings) in kinds.items():
        save_model(train(data, settings).model, base / kind)
        found[kind] = load(str(base / kind))
    return found


@pytest.fixture(scope="session")
def pipelines(predictors: dict[str, Predictor]) -> dict[str, object]:
    """The scikit-learn form of each loaded model."""
    return Kinds({kind: to_pipeline(one.model) for kind, one in predictors.items()})


@pytest.fixture(scope="session")
def shipped_predictor() -> Predictor:
    """The model that ships with the package."""
    return load()
