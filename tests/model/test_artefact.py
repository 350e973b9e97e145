"""A model's folder: written whole, read with distrust, damage told in one clear line."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import ModelError, UsageError
from classifier.model import artefact
from classifier.model import table as table_module
from classifier.model.artefact import load_model, save_model
from classifier.scoring.loading import load

PROBE = "Gunners on the ridge said they would answer any crossing of the river."


@pytest.fixture
def folder(model_folder, tmp_path):
    return shutil.copytree(model_folder, tmp_path / "small")


def read_json(folder):
    return orjson.loads((folder / "model.json").read_bytes())


def write_json(folder, value):
    (folder / "model.json").write_bytes(orjson.dumps(value))


def table_of(folder):
    return folder / read_json(folder)["table"]["file"]


def seal(folder, blob):
    """Write a changed table with the size and checksum that fit it."""
    value = read_json(folder)
    table_of(folder).write_bytes(blob)
    value["table"] |= {"bytes": len(blob), "sha256": hashlib.sha256(blob).hexdigest()}
    write_json(folder, value)


def edit_array(folder, name, edit):
    """Change an array of the table in place; the checksum fits afterwards."""
    entry = read_json(folder)["table"]["arrays"][name]
    blob = bytearray(table_of(folder).read_bytes())
    dtype = np.dtype(table_module._FIELDS[name.split(".")[1]])
    size = int(np.prod(entry["shape"])) * dtype.itemsize
    array = np.frombuffer(blob, dtype, size // dtype.itemsize, entry["offset"]).copy()
    edit(array)
    blob[entry["offset"] : entry["offset"] + size] = array.tobytes()
    seal(folder, bytes(blob))


def refusal(folder, read=load_model):
    with pytest.raises(ModelError) as caught:
        read(folder)
    message = str(caught.value)
    assert str(folder) in message
    assert "\n" not in message
    assert len(message) < len(str(folder)) + 400
    return message


# What is written is read again.


def test_model_comes_back_as_it_was_saved(trained, model_folder):
    saved, found = trained.model, load_model(model_folder)
    assert found.labels == saved.labels
    assert found.features == saved.features
    assert found.thresholds == saved.thresholds
    assert found.checks == saved.checks
    np.testing.assert_array_equal(found.intercept, saved.intercept)
    for kind, block in saved.blocks.items():
        for field in ("hash", "idf", "coef", "end", "text"):
            np.testing.assert_array_equal(getattr(found.blocks[kind], field), getattr(block, field))
        assert found.blocks[kind].terms() == block.terms()


def test_saving_a_loaded_model_gives_the_same_bytes(model_folder, tmp_path):
    save_model(load_model(model_folder), tmp_path)
    for path in model_folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_fingerprint_is_that_of_model_json(trained, tmp_path):
    fingerprint = save_model(trained.model, tmp_path)
    expected = hashlib.sha256((tmp_path / "model.json").read_bytes()).hexdigest()[:12]
    assert fingerprint == expected == load_model(tmp_path).fingerprint


def test_name_is_that_of_the_folder(folder):
    moved = folder.rename(folder.parent / "renamed")
    assert load_model(moved).name == "renamed"


def test_terms_stand_at_their_rows(predictor):
    for block in predictor.model.blocks.values():
        terms = block.terms()
        rows = [0, len(block) // 2, 1, len(block) - 1, 0]
        assert [block.term(row) for row in rows] == [terms[row] for row in rows]
        assert block.terms_at(np.array(rows)) == [terms[row] for row in rows]


def test_new_model_removes_the_old_table(folder):
    model = load_model(folder)
    old = table_of(folder).name
    block = model.blocks["word"]
    changed = replace(model, blocks={**model.blocks, "word": replace(block, coef=block.coef * 2)})
    save_model(changed, folder)
    assert sorted(p.name for p in folder.iterdir()) == ["model.json", table_of(folder).name]
    assert table_of(folder).name != old


def test_folder_that_cannot_be_made_is_a_usage_error(trained, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="cannot be written"):
        save_model(trained.model, tmp_path / "file" / "model")


# Damage to the files.


def test_folder_without_a_model(tmp_path):
    assert "no model here" in refusal(tmp_path)
    assert "no model here" in refusal(tmp_path / "nothing")


def test_name_too_long_for_a_folder(tmp_path):
    with pytest.raises(ModelError, match="cannot be read"):
        load_model(tmp_path / ("x" * 300))


def test_truncated_table(folder):
    table = table_of(folder)
    table.write_bytes(table.read_bytes()[:-100])
    assert "bytes, expected" in refusal(folder)


def test_empty_table(folder):
    table_of(folder).write_bytes(b"")
    assert "0 bytes, expected" in refusal(folder)


def test_empty_table_that_is_said_to_be_empty(folder):
    seal(folder, b"")
    assert "damaged" in refusal(folder)


@pytest.mark.parametrize("place", [0, 1000, -1])
def test_flipped_byte(folder, place):
    blob = bytearray(table_of(folder).read_bytes())
    blob[place] ^= 1
    table_of(folder).write_bytes(blob)
    assert "does not have the checksum" in refusal(folder)


def test_missing_table(folder):
    table = table_of(folder)
    table.unlink()
    assert f"{table.name} is missing" in refusal(folder)


def test_folder_in_place_of_the_table(folder):
    table_of(folder).unlink()
    table_of(folder).parent.joinpath(read_json(folder)["table"]["file"]).mkdir()
    assert "is missing" in refusal(folder)


def test_oversized_model_json(folder, monkeypatch):
    monkeypatch.setattr(artefact, "MAX_JSON_BYTES", 1000)
    assert "larger than 1,000 bytes" in refusal(folder)


def test_oversized_table(folder, monkeypatch):
    monkeypatch.setattr(table_module, "MAX_TABLE_BYTES", 1000)
    assert "damaged" in refusal(folder)


def test_too_many_labels(folder, monkeypatch):
    monkeypatch.setattr(artefact, "MAX_LABELS", 3)
    assert "4 labels, at most 3" in refusal(folder)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff\xfe", b"not json", b'{"format": 4}}', b"[" * 100_000, b"NaN"]
)
def test_not_json(folder, data):
    (folder / "model.json").write_bytes(data)
    assert "not JSON" in refusal(folder)


@pytest.mark.parametrize(
    "value", [None, [], "format", 1, {}, {"name": "other"}, {"format": "1"}, {"format": True}]
)
def test_foreign_json(folder, value):
    write_json(folder, value)
    assert "no model of esc" in refusal(folder)


def test_deeply_nested_json(folder):
    nested = b"[" * 900 + b"]" * 900
    for field in (b"label_set", b"intercept", b"settings", b"checks", b"table"):
        text = (folder / "model.json").read_bytes()
        start = text.index(b'"' + field + b'": ') + len(field) + 4
        (folder / "model.json").write_bytes(b'{"format": 4, "' + field + b'": ' + nested + b"}")
        refusal(folder)
        (folder / "model.json").write_bytes(text[:start] + nested + b',"was":' + text[start:])
        refusal(folder)
        (folder / "model.json").write_bytes(text)


def test_nesting_where_a_flag_is_expected(folder):
    text = (folder / "model.json").read_bytes()
    nested = b"[" * 900 + b"]" * 900
    changed = text.replace(b'"exclusive": false', b'"exclusive": ' + nested)
    assert changed != text
    (folder / "model.json").write_bytes(changed)
    refusal(folder)


@pytest.mark.parametrize(
    ("number", "advice"), [(6, "upgrade"), (999, "upgrade"), (4, "train it"), (0, "train it")]
)
def test_other_formats(folder, number, advice):
    write_json(folder, read_json(folder) | {"format": number})
    message = refusal(folder)
    assert f"format {number}" in message
    assert advice in message


@pytest.mark.parametrize("name", ["word_ngrams", "char_ngrams", "class_ngrams"])
@pytest.mark.parametrize("bent", [[1, 10**9], [1, 17], [0, 2], [3, 1], [1], "12", None])
def test_runs_out_of_bounds_are_damage(folder, name, bent):
    value = read_json(folder)
    value["settings"]["features"][name] = bent
    write_json(folder, value)
    assert "damaged" in refusal(folder)


@pytest.mark.parametrize(
    "field", ["label_set", "intercept", "thresholds", "settings", "checks", "context", "table"]
)
def test_missing_field_is_named(folder, field):
    value = read_json(folder)
    del value[field]
    write_json(folder, value)
    assert f"missing '{field}'" in refusal(folder)


# What model.json says does not fit.

LONG = "x" * 100_000


def put(*path):
    """Return an edit that sets a place in model.json."""
    *keys, last, value = path

    def edit(found):
        for key in keys:
            found = found[key]
        found[last] = value

    return edit


@pytest.mark.parametrize(
    "edit",
    [
        put("intercept", [0.0]),
        put("intercept", 0, None),
        put("intercept", [[1.0], 2.0, 3.0, 4.0]),
        put("intercept", {"a": 1}),
        put("thresholds", []),
        put("thresholds", 0, 1.5),
        put("thresholds", 0, "nan"),
        put("thresholds", 7),
        put("label_set", "exclusive", True),
        put("label_set", "labels", []),
        put("label_set", "labels", 0, "name", "has space"),
        put("label_set", "labels", 0, "name", "battle\nfield"),
        put("label_set", "labels", [{"name": n, "key": "\n\n"} for n in "abcd"]),
        put("label_set", "labels", 0, "colour", "red;}"),
        put("label_set", "labels", 1, {"name": LONG}),
        put("settings", {"unknown\nsetting": 1}),
        put("settings", {LONG: 1}),
        put("settings", [1, 2]),
        put("settings", "features", "char_ngrams", [0, 0]),
        put("settings", "features", "word_ngrams", [1, 2, 3]),
        put("checks", [{"text": "a"}]),
        put("checks", [{"text": 5, "logits": [0, 0, 0, 0], "together": [0, 0, 0, 0]}]),
        put("checks", [{"text": "a", "logits": [0, 0, 0, 0], "together": [0]}]),
        put("checks", [{"text": "a", "logits": [0, 0, 0, 0]}]),
        put("checks", [{"text": "a", "logits": [0]}]),
        put("checks", 3),
        put("table", "file", "../small/model.json"),
        put("table", "file", "../table.bin"),
        put("table", "file", "/etc/table.bin"),
        put("table", "file", "sub/table.bin"),
        put("table", "file", "model.json"),
        put("table", "file", ".."),
        put("table", "file", ""),
        put("table", "file", 5),
        put("table", "file", "nul\0.bin"),
        put("table", "file", "line\nbreak.bin"),
        put("table", "file", LONG + ".bin"),
        put("table", "bytes", "many"),
        put("table", "bytes", None),
        put("table", "sha256", "0" * 64),
        put("table", "arrays", []),
        put("table", "arrays", {}),
        put("table", "arrays", 5),
        put("table", "arrays", "word.hash", 5),
        put("table", "arrays", "word.hash", "shape", []),
        put("table", "arrays", "word.hash", "shape", [1 << 62]),
        put("table", "arrays", "word.hash", "shape", [1 << 62, 0]),
        put("table", "arrays", "word.hash", "shape", [1] * 100),
        put("table", "arrays", "word.hash", "shape", [-1]),
        put("table", "arrays", "word.hash", "shape", [2.0]),
        put("table", "arrays", "word.hash", "shape", "12"),
        put("table", "arrays", "word.hash", "offset", -64),
        put("table", "arrays", "word.hash", "offset", 1 << 40),
        put("table", "arrays", "word.hash", "offset", 8),
        put("table", "arrays", "word.hash", "offset", True),
        put("table", "arrays", "word.hash", "shape", [5]),
        put("table", "arrays", "word.coef", "shape", [5, 4]),
        put("table", "arrays", "char.text", "shape", [3]),
        put("table", "arrays", "char.text", "shape", [1, 1]),
        put("table", "arrays", "char.idf", "offset", 64),
    ],
)
def test_edited_json_is_refused(folder, edit):
    value = read_json(folder)
    edit(value)
    write_json(folder, value)
    refusal(folder, lambda path: load(str(path)))


def test_path_of_the_table_never_leaves_the_folder(folder):
    outside = folder.parent / "table-outside.bin"
    table_of(folder).rename(outside)
    value = read_json(folder)
    value["table"]["file"] = "../table-outside.bin"
    write_json(folder, value)
    assert "no name of a table" in refusal(folder)


# The table says nonsense, with a checksum that fits.


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["word.coef", "char.idf"])
def test_weights_that_are_no_numbers(folder, name, bad):
    edit_array(folder, name, lambda array: array.put(3, bad))
    assert "not a finite number" in refusal(folder)


def test_hashes_out_of_order(folder):
    edit_array(folder, "char.hash", lambda array: array.put([0, 1], array[[1, 0]]))
    assert "char terms are not in order" in refusal(folder)


def test_hash_twice(folder):
    edit_array(folder, "word.hash", lambda array: array.put(1, array[0]))
    assert "word terms are not in order" in refusal(folder)


def test_ends_out_of_order(folder):
    edit_array(folder, "word.end", lambda array: array.put(4, 0))
    assert "not in order" in refusal(folder)


def test_end_outside_the_text(folder):
    edit_array(folder, "word.end", lambda array: array.put(len(array) - 1, 1 << 31))
    assert "outside the table" in refusal(folder)


def test_terms_that_are_no_text(folder):
    edit_array(folder, "word.text", lambda array: array.put(0, 0xFF))
    assert "damaged" in refusal(folder)


def test_terms_that_begin_inside_a_character(folder):
    def edit(array):
        array[:2] = list("é".encode())

    value = read_json(folder)["table"]["arrays"]["word.end"]
    assert value["shape"][0] > 2
    edit_array(folder, "word.text", edit)
    edit_array(folder, "word.end", lambda array: array.put(0, 1))
    assert "inside a character" in refusal(folder)


@pytest.mark.parametrize("change", [2.0, -1.0, 0.0])
def test_changed_coefficients_are_found_by_the_reference_sentences(folder, change):
    edit_array(folder, "char.coef", lambda array: array.__imul__(np.float32(change)))
    load_model(folder)
    assert "reference sentences otherwise" in refusal(folder, lambda path: load(str(path)))


def test_changed_intercept_is_found_by_the_reference_sentences(folder):
    value = read_json(folder)
    value["intercept"][2] += 0.01
    write_json(folder, value)
    assert "reference sentences otherwise" in refusal(folder, lambda path: load(str(path)))


def test_reference_logits_that_are_no_numbers(folder):
    value = read_json(folder)
    value["checks"][0]["logits"][0] = "nan"
    write_json(folder, value)
    assert "reference sentences otherwise" in refusal(folder, lambda path: load(str(path)))


# Whatever happens to model.json, the answer is a working model or one clear line.


@pytest.fixture(scope="module")
def scratch(context_folder, tmp_path_factory):
    return shutil.copytree(context_folder, tmp_path_factory.mktemp("scratch") / "small")


@pytest.fixture(scope="module")
def intact(context_folder):
    return (context_folder / "model.json").read_bytes()


def loads_or_refuses(folder):
    try:
        found = load(str(folder))
    except ModelError as error:
        message = str(error)
        assert message.strip()
        assert "\n" not in message
        assert len(message) < 1000
        return
    probabilities = found.predict_proba([PROBE])
    assert np.isfinite(probabilities).all()
    for prediction in found.predict(f"{PROBE} {PROBE}"):
        assert np.isfinite(list(prediction.probabilities.values())).all()
    for explanation in found.explain_all(PROBE).values():
        assert np.isfinite(explanation.logit)


@given(st.data())
def test_any_change_of_bytes(scratch, intact, data):
    changed = bytearray(intact)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(changed)))
        length = data.draw(st.sampled_from([0, 1, 1, 2, 30]))
        changed[start : start + length] = data.draw(st.binary(max_size=4))
    (scratch / "model.json").write_bytes(changed)
    loads_or_refuses(scratch)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from([0, 1, 64, "nan", "model.json", "inf", [], {}]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.data())
def test_any_change_of_a_value(scratch, intact, data):
    value = orjson.loads(intact)
    place = value
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        inner = place[key]
        if not inner or not isinstance(inner, dict | list) or data.draw(st.integers(0, 4)) == 0:
            break
        place = inner
    if data.draw(st.booleans()):
        place[key] = data.draw(json_values)
    else:
        del place[key]
    write_json(scratch, value)
    loads_or_refuses(scratch)
