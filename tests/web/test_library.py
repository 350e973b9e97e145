from __future__ import annotations

from classifier import shipped
from classifier.corpus.codebook import rules_of, sections
from classifier.web.library import codebook_beside, examples_of


def test_every_label_of_the_shipped_model_has_its_rules(shipped_predictor):
    labels = shipped_predictor.model.labels
    found = sections(codebook_beside(()), labels)
    for label in labels:
        kinds = [rule.kind for rule in rules_of(found[label.name])]
        assert kinds == ["", *([""] if len(kinds) == 4 else []), "Yes", "No"]


def test_the_codebook_beside_the_data_is_read(tmp_path):
    (tmp_path / "CODEBOOK.md").write_text("## a\nRule.\n")
    (tmp_path / "inner").mkdir()
    assert "Rule." in codebook_beside((tmp_path / "inner",))
    assert codebook_beside((tmp_path.parent / "nothing" / "file.jsonl",)) == ""


def test_sentences_with_other_labels_stay_out(predictors, corpus_folder):
    paths = [corpus_folder / "sentences.jsonl"]
    assert len(examples_of(paths)(predictors["multi"].model)) > 100
    assert examples_of(paths)(predictors["one"].model) == ()


def test_a_corpus_that_is_gone_leaves_the_site_running(shipped_predictor, tmp_path):
    assert examples_of([tmp_path / "gone.jsonl"])(shipped_predictor.model) == ()


def test_the_shipped_sentences_fit_the_shipped_model(shipped_predictor):
    paths = [shipped.data() / "seed.jsonl"]
    assert examples_of([paths[0].with_name("composed") / "korea.jsonl"])(shipped_predictor.model)
