from __future__ import annotations

from classifier import shipped
from classifier.web.codebook import rules_of
from classifier.web.library import examples_of, read_codebook


def test_every_label_of_the_shipped_model_has_its_rules(shipped_predictor):
    codebook = read_codebook(())
    for label in shipped_predictor.model.labels:
        kinds = [rule.kind for rule in rules_of(codebook, label.name, label.title)]
        assert kinds == ["", *([""] if len(kinds) == 4 else []), "Yes", "No"]


def test_a_label_without_a_heading_has_no_rule():
    assert rules_of("# threats\nA cost.\n", "threat") == ()
    assert rules_of("", "threat") == ()


def test_a_rule_ends_at_the_next_heading_of_its_depth():
    codebook = "## Threat\nOne.\n### Inner\nTwo.\n## Offer\nThree.\n"
    assert [rule.text for rule in rules_of(codebook, "t", "Threat")] == ["One.", "Two."]


def test_the_codebook_beside_the_data_is_read(tmp_path):
    (tmp_path / "CODEBOOK.md").write_text("## a\nRule.\n")
    (tmp_path / "inner").mkdir()
    assert "Rule." in read_codebook((tmp_path / "inner",))
    assert read_codebook((tmp_path.parent / "nothing" / "file.jsonl",)) == ""


def test_sentences_with_other_labels_stay_out(predictors, corpus_folder):
    paths = [corpus_folder / "sentences.jsonl"]
    assert len(examples_of(paths)(predictors["multi"].model)) > 100
    assert examples_of(paths)(predictors["one"].model) == ()


def test_a_corpus_that_is_gone_leaves_the_site_running(shipped_predictor, tmp_path):
    assert examples_of([tmp_path / "gone.jsonl"])(shipped_predictor.model) == ()


def test_the_shipped_sentences_fit_the_shipped_model(shipped_predictor):
    paths = [shipped.data() / "seed.jsonl"]
    assert examples_of([paths[0].with_name("composed") / "korea.jsonl"])(shipped_predictor.model)
