"""The card of a model comes from the model alone, and tells its data, figures and limits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from classifier.model.artefact import load_model
from classifier.report.card import POINTS, field_section, model_card
from classifier.report.terminal import interval
from classifier.schema import Label, LabelSet

if TYPE_CHECKING:
    from pathlib import Path

    from classifier.model.artefact import Model
    from classifier.model.train import Trained
    from classifier.scoring.predictor import Predictor


@pytest.fixture(scope="module")
def model(trained: Trained) -> Model:
    return trained.model


@pytest.fixture(scope="module")
def card(model: Model) -> str:
    return model_card(model)


def test_the_card_of_a_saved_model_is_the_same(card: str, model: Model, model_folder: Path) -> None:
    assert model_card(replace(load_model(model_folder), name=model.name)) == card


def test_the_card_has_its_sections_in_order(card: str, model: Model) -> None:
    heads = [line for line in card.splitlines() if line.startswith("#")]
    assert heads == [
        f"# Model card: {model.name}",
        *("## Data", "## Figures", "## Known failures", "## Not for", "## Made with"),
    ]


def test_the_data_are_counted(card: str, model: Model) -> None:
    data = model.about["data"]
    assert f"{data['sentences']:,} sentences of {data['documents']:,} documents" in card
    assert f"`{data['fingerprint'][:12]}`" in card
    for name, count in data["positives"].items():
        assert f"| `{name}` | {count:,} |" in card
    assert "| composed |" in card


def test_every_figure_of_the_model_is_in_its_row(card: str, model: Model) -> None:
    figures = model.about["figures"]
    for name, found in figures["labels"].items():
        (row,) = [line for line in card.splitlines() if line.startswith(f"| `{name}` | 0.")]
        metrics = ("precision", "recall", "f1", "average_precision")
        cells = [interval(found[metric]) for metric in metrics]
        assert row == f"| `{name}` | {' | '.join(cells)} | {found['calibration_error']:.3f} |"
    assert "| macro |" in card
    assert interval(figures["macro"]["f1"]) in card


def test_thresholds_versions_and_seed_are_told(card: str, model: Model) -> None:
    for name, bound in zip(model.labels.names, model.thresholds, strict=True):
        assert f"`{name}` {bound:.3f}" in card
    assert f"scikit-learn {model.about['versions']['scikit-learn']}" in card
    assert f"C={model.about['strength']:g}, seed 0." in card


def test_every_table_row_has_as_many_cells_as_its_heading(card: str) -> None:
    width = 0
    for line in card.splitlines():
        cells = line.replace("\\|", "").count("|")
        width = (width or cells) if cells else 0
        assert cells == width, line


def test_a_bar_in_a_definition_splits_no_cell(model: Model) -> None:
    first, *rest = model.labels
    labels = LabelSet((Label(first.name, definition="this | that"), *rest))
    assert f"| `{first.name}` | this \\| that |" in model_card(replace(model, labels=labels))


def test_the_target_is_named_where_there_is_one(card: str, model: Model) -> None:
    assert "Measured on the sentences of origin" not in card
    settings = {**model.about["settings"], "target": ["real"]}
    told = model_card(replace(model, about={**model.about, "settings": settings}))
    assert "Measured on the sentences of origin real." in told


def test_an_exclusive_model_has_no_thresholds(predictors: dict[str, Predictor]) -> None:
    told = model_card(predictors["three"].model)
    assert "for 3 exclusive labels" in told
    assert "Thresholds" not in told


def test_a_missing_definition_is_the_title_and_a_missing_origin_is_said(model: Model) -> None:
    first, *rest = model.labels
    labels = LabelSet((Label(first.name, title="A title"), *rest))
    data = {**model.about["data"], "origins": {"": 7}}
    told = model_card(replace(model, labels=labels, about={**model.about, "data": data}))
    assert f"| `{first.name}` | A title |" in told
    assert "| not stated | 7 |" in told


def test_figures_of_the_field_set_are_a_section(model: Model) -> None:
    figures = {**model.about["figures"], "sentences": 611, "documents": 99}
    told = field_section(figures)
    assert told.startswith("## On the field set\n\n611 real sentences of 99 documents")
    assert interval(figures["macro"]["average_precision"]) in told
    assert told.endswith("|\n")


def test_the_card_tells_of_neighbours_where_the_model_looks_at_them(shipped_predictor) -> None:
    shipped = shipped_predictor.model
    about = shipped.about | {"data": shipped.about["data"] | {"neighbours": 12}}
    told = "Around them stand 12 sentences"
    assert told in model_card(replace(shipped, about=about))
    assert told not in model_card(replace(shipped, about=about, context=None))


def test_other_operating_points_stand_in_a_table(broad: Trained) -> None:
    figures, card = broad.model.about["figures"], model_card(broad.model)
    known = [point for point in POINTS if point in figures["operating_points"]]
    assert len(known) > 8
    for point in known:
        (row,) = [line for line in card.splitlines() if line.startswith(f"| {point} |")]
        for found in figures["operating_points"][point].values():
            assert f"{found['precision']:.2f} / {found['recall']:.2f}" in row
        assert row.endswith(f"| {figures['false_alarms']['operating_points'][point]:.1%} |")
    assert "| precision:0.5 |" not in card


def test_a_card_without_false_alarms_has_no_column_of_them(card: str, model: Model) -> None:
    (heading,) = [line for line in card.splitlines() if line.startswith("| operating point |")]
    assert heading.count("|") == 2 + len(model.labels)
    assert "false_alarms" not in card


def test_known_failures_are_examples(card: str, model: Model) -> None:
    failures = model.about["failures"]
    lines = [line for line in card.splitlines() if line.startswith("- `")]
    assert len(lines) == len(failures) > 0
    for line, found in zip(lines, failures, strict=True):
        missed = found["label"] in found["labels"]
        assert line.startswith(f"- `{found['label']}` {'missed' if missed else 'false alarm'}")
        assert f"probability {found['probability']:.2f}" in line


def test_a_failure_cannot_break_the_card(model: Model) -> None:
    text = "<script>x</script>\n## Not `for` *you* [a](b) | c \\"
    failure = {"label": "a", "labels": [], "probability": 0.5, "text": text}
    card = model_card(replace(model, about={**model.about, "failures": [failure]}))
    [line] = [line for line in card.splitlines() if "script" in line]
    assert "<" not in line
    assert r"## Not \`for\` \*you\* \[a\](b) | c \\" in line


def test_a_model_without_composed_sentences_has_no_examples(model: Model) -> None:
    assert "## Known failures" not in model_card(
        replace(model, about={**model.about, "failures": []})
    )
