"""`esc corpus`: check, count, show, fetch, split, convert, compare and audit labelled files."""

from __future__ import annotations

import hashlib
import json
import re
import shutil

import orjson
import pytest

from classifier import shipped
from classifier.corpus.shingles import five_grams

FORD, WELL, RAIN = "The ford is shut.", "The well is dry.", "It rained."
BARGES = "Nine barges lay burning off the salt quay of Velmar when the pilots came home at dawn."


def write(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return path


def row(name, text, labels, **fields):
    return {"id": name, "document": name[0], "text": text, "labels": labels, **fields}


def rows_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def reference(text, path="a.txt", start=0, **fields):
    return {
        "repository": "owner/name",
        "commit": "c0ffee",
        "path": path,
        "start": start,
        "end": start + len(text),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    } | fields


@pytest.fixture
def data(place):
    return write(
        place / "data" / "a.jsonl",
        row("a1", FORD, ["threat"], theatre="hills", date="1931-05-01"),
        row("a2", WELL, ["threat", "offer"], position=1),
        row("b1", RAIN, []),
    )


@pytest.fixture
def cache(place, monkeypatch):
    monkeypatch.setenv("ESC_CACHE", str(place / "cache"))
    return place / "cache"


# check, stats, show


def test_clean_data_pass_the_check(esc, data):
    code, out, _ = esc("corpus", "check", "--data", data)
    assert code == 0
    assert out == b"3 sentences of 2 documents: no problem found\nlabels: offer, threat\n"


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (row("c1", RAIN, []), "1 duplicate texts"),
        (row("c1", FORD, []), "same text, different labels"),
        ({"id": "c1", "labels": [], "reference": reference("gone")}, "owner/name are not at hand"),
        ({"id": "c1", "text": "A.", "labels": 3}, "a.jsonl, line 4, field labels"),
    ],
)
def test_what_is_wrong_with_data_is_an_error(esc, data, cache, extra, said):
    write(data, *rows_of(data), extra)
    code, out, err = esc("corpus", "check", "--data", data)
    assert (code, out) == (1, b"")
    assert said in err
    assert len(err.splitlines()) == 1


def test_counts_are_json_in_a_pipe_and_a_table_when_asked_for(esc, data):
    code, out, err = esc("corpus", "stats", "--data", data)
    assert code == 0
    assert "labels from the data: offer, threat" in err
    assert json.loads(out)["labels"] == {"offer": 1, "threat": 2}
    code, out, _ = esc("corpus", "stats", "--data", data, "--format", "table")
    assert code == 0
    assert out.startswith(b"3 sentences of 2 documents, 1 without a label (33%)")
    assert esc("corpus", "stats", "--data", data, "--format", "xml").code == 2


def test_sentences_and_documents_are_shown(esc, data):
    code, out, _ = esc("corpus", "show", "a", "b1", "--data", data)
    assert code == 0
    assert out.decode().splitlines() == [
        "a (hills, 1931-05-01)",
        f"  a1 [threat] {FORD}",
        f"  a2 [offer, threat] {WELL}",
        "b ()",
        f"  b1 [none] {RAIN}",
    ]


def test_an_unknown_id_is_wrong_usage(esc, data):
    code, out, err = esc("corpus", "show", "a1", "zz", "--data", data)
    assert (code, out) == (2, b"")
    assert "no sentence or document 'zz'" in err


# fetch


@pytest.fixture
def sources(place, cache):
    """A mirror with one source, and references to it and to one that is gone."""
    base = place / "mirror/owner/name/c0ffee"
    base.mkdir(parents=True)
    (base / "a.txt").write_text(FORD + WELL)
    return write(
        place / "refs.jsonl",
        {"id": "r1", "labels": ["threat"], "reference": reference(FORD)},
        {"id": "r2", "labels": [], "reference": reference(WELL, start=len(FORD))},
    )


def test_referenced_sentences_are_fetched_and_then_read(esc, place, cache, sources):
    fetch = ("corpus", "fetch", "--mirror", "mirror", "--references", sources)
    code, out, err = esc(*fetch)
    assert (code, out) == (0, b"")
    assert err == (
        "esc: 2 referenced sentences: 0 at hand before, 2 fetched now, 0 missing "
        f"(cache: {cache})\n"
    )
    assert "2 at hand before, 0 fetched now" in esc(*fetch).err
    assert esc("corpus", "show", "r1", "--data", sources).out.endswith(f"{FORD}\n".encode())


def test_what_is_missing_is_said_and_the_rest_is_fetched(esc, place, sources):
    write(
        sources,
        *rows_of(sources),
        {"id": "r3", "labels": [], "reference": reference(RAIN)},
        {"id": "r4", "labels": [], "reference": reference(RAIN, path="gone.txt")},
        {"id": "r5", "labels": [], "reference": reference(RAIN, path="../../../good.txt")},
    )
    code, _, err = esc("corpus", "fetch", "--mirror", "mirror", "--references", sources)
    assert code == 1
    lines = err.splitlines()
    assert len(lines) == 4
    assert sum("; skipped" in line for line in lines) == 2
    assert "1 slices have changed, the first: owner/name/a.txt[0:10]" in err
    assert "2 fetched now, 3 missing" in lines[-1]


def test_many_sources_that_are_gone_are_not_named_one_by_one(esc, place, sources):
    gone = [
        {"id": f"g{i}", "labels": [], "reference": reference(RAIN, path=f"gone-{i}.txt")}
        for i in range(25)
    ]
    write(sources, *gone)
    _, _, err = esc("corpus", "fetch", "--mirror", "mirror", "--references", sources)
    assert sum("; skipped" in line for line in err.splitlines()) == 20
    assert "5 more sources skipped" in err


def test_a_mirror_that_is_no_folder_is_wrong_usage(esc, place):
    code, _, err = esc("corpus", "fetch", "--mirror", "good.txt")
    assert code == 2
    assert "--mirror good.txt: no such folder" in err


# split


@pytest.fixture
def many(place):
    return write(
        place / "many.jsonl", *(row(f"{c}1", f"Word{c} fell.", ["x"]) for c in "abcdefghij")
    )


def test_parts_are_written_and_counted(esc, place, many):
    code, out, _ = esc("corpus", "split", "--data", many, "-o", "parts", "--parts", "50,30,20")
    assert code == 0
    assert out.decode().splitlines() == [
        "parts/train.jsonl: 5 sentences",
        "parts/dev.jsonl: 3 sentences",
        "parts/test.jsonl: 2 sentences",
    ]
    assert esc("corpus", "check", "--data", "parts").code == 0


def test_the_seed_decides_the_parts(esc, place, many):
    for name, seed in (("one", 1), ("two", 1), ("three", 2)):
        assert esc("corpus", "split", "--data", many, "-o", name, "--seed", seed).code == 0
    one, two, three = ((place / n / "train.jsonl").read_bytes() for n in ("one", "two", "three"))
    assert one == two != three


@pytest.mark.parametrize("parts", ["80", "80,x", "80,0", "1,2,3,4", "", "nan,1"])
def test_parts_that_make_no_sense_are_wrong_usage(esc, place, many, parts):
    code, _, err = esc("corpus", "split", "--data", many, "-o", "parts", "--parts", parts)
    assert code == 2
    assert re.search(r"parts.*expected", err.splitlines()[-1])
    assert not (place / "parts").exists()


# import, export


@pytest.mark.parametrize("form", ["csv", "prodigy", "doccano", "labelstudio", "jsonl"])
def test_data_go_to_another_tool_and_come_back(esc, place, data, form):
    write(data, *rows_of(data), {"id": "c1", "document": "c", "text": "Hail."})
    name = f"out.{'csv' if form == 'csv' else 'json'}"
    code, _, err = esc("corpus", "export", "--data", data, "-o", name, "-f", form)
    assert code == 0
    assert err.endswith(f"esc: {name}: 4 sentences as {form}\n")
    code, _, err = esc("corpus", "import", name, "-o", "back.jsonl")
    assert code == 0
    assert err.endswith(f"back.jsonl: 4 sentences from {form}, 1 not reviewed\n")
    found = {
        r["id"]: (r["text"], sorted(r.get("labels", ["?"]))) for r in rows_of(place / "back.jsonl")
    }
    assert found == {
        "a1": (FORD, ["threat"]),
        "a2": (WELL, ["offer", "threat"]),
        "b1": (RAIN, []),
        "c1": ("Hail.", ["?"]),
    }


def test_fasttext_says_what_it_leaves_out(esc, place, data):
    write(data, *rows_of(data), {"id": "c1", "text": "Hail."})
    code, _, err = esc("corpus", "export", "--data", data, "-o", "t.txt", "-f", "fasttext")
    assert code == 0
    assert "1 sentences are not reviewed" in err
    assert err.endswith("esc: t.txt: 3 sentences as fasttext\n")
    assert (place / "t.txt").read_text().splitlines()[0] == f"__label__threat {FORD}"


def test_a_dash_is_standard_output(esc, place, data):
    code, out, _ = esc("corpus", "export", "--data", data, "-o", "-", "-f", "csv")
    assert code == 0
    assert out.startswith(b"id,document,position,text,")
    (place / "t.csv").write_bytes(out)
    code, out, _ = esc("corpus", "import", "t.csv", "-o", "-")
    assert code == 0
    assert [orjson.loads(line)["id"] for line in out.splitlines()] == ["a1", "a2", "b1"]
    assert not (place / "-").exists()


@pytest.mark.parametrize(("command", "module"), [("agree", "krippendorff"), ("audit", "cleanlab")])
def test_a_missing_library_is_said_before_anything_is_done(esc, data, monkeypatch, command, module):
    import importlib.util

    known = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n: None if n == module else known(n))
    code, out, err = esc("corpus", command, *([data] if command == "agree" else ["-d", data]))
    assert (code, out) == (2, b"")
    assert err == (
        f"esc: esc corpus {command} needs {module}; pip install 'escalation-classifier[corpus]'\n"
    )


def test_nothing_is_replaced_by_accident(esc, place, data):
    for command in (
        ("corpus", "export", "--data", data, "-f", "csv"),
        ("corpus", "import", data),
    ):
        code, _, err = esc(*command, "-o", "good.txt")
        assert code == 2
        assert "good.txt: exists; use --force" in err
        assert "shelled" in (place / "good.txt").read_text()
    assert esc("corpus", "import", data, "-o", "good.txt", "--force").code == 0


def test_wrong_formats_and_files_are_told_in_one_line(esc, place, data):
    (place / "bad.json").write_text('[{"data": 3}]')
    for args, code, said in (
        (("export", "--data", data, "-o", "x", "-f", "brat"), 2, "'brat': expected one of"),
        (("import", data, "-o", "x", "-f", "brat"), 2, "'brat': expected one of"),
        (("import", "bad.json", "-o", "x"), 1, "bad.json, task 1, field data"),
        (("import", "gone.json", "-o", "x"), 1, "gone.json: cannot be read"),
    ):
        found = esc("corpus", *args)
        assert found.code == code
        assert said in found.err
        assert len(found.err.splitlines()) == 1
    assert not (place / "x").exists()


def test_a_file_without_a_sentence_is_an_error(esc, place):
    (place / "empty.jsonl").write_text("")
    for command in (
        ("import", "empty.jsonl", "-f", "doccano", "-o", "x"),
        ("export", "--data", "empty.jsonl", "-f", "csv", "-o", "x"),
    ):
        code, _, err = esc("corpus", *command)
        assert code == 1
        assert err == "esc: empty.jsonl: no sentence in it\n"
    assert not (place / "x").exists()


# agree, audit


def test_files_of_one_name_are_two_annotators_where_both_read_a_sentence(esc, place):
    for folder, labels in (("one", ["x"]), ("two", [])):
        (place / folder).mkdir()
        write(place / folder / "same.jsonl", row("a1", FORD, labels))
    code, out, err = esc("corpus", "agree", "one/same.jsonl", "two/same.jsonl", "--bootstrap", 0)
    assert code == 0
    assert json.loads(out)["annotators"] == ["one/same.jsonl", "two/same.jsonl"]
    assert "files called same have labels of the same sentences" in err


def test_files_of_one_name_are_one_annotators_batches_else(esc, place):
    for batch, text in (("b1", FORD), ("b2", WELL)):
        (place / batch).mkdir()
        for name, labels in (("anna", ["x"]), ("bob", [])):
            write(place / batch / f"{name}.jsonl", row(f"{batch}-1", text, labels))
    code, out, _ = esc("corpus", "agree", "b1", "b2", "--bootstrap", 0)
    assert code == 0
    assert json.loads(out)["annotators"] == ["anna", "bob"]


def test_annotators_are_compared_by_file_or_by_name(esc, place):
    write(place / "ann.jsonl", row("a1", FORD, ["x"]), row("a2", WELL, []), row("a3", RAIN, ["x"]))
    write(
        place / "b.jsonl",
        row("a1", FORD, ["x"], annotator="bob"),
        row("a2", WELL, ["x"], annotator="bob"),
        {"id": "a3", "text": RAIN, "annotator": "bob"},
    )
    code, out, _ = esc("corpus", "agree", "ann.jsonl", "b.jsonl", "--bootstrap", 20)
    assert code == 0
    found = json.loads(out)
    assert found["annotators"] == ["ann", "bob"]
    assert found["sentences"] == 2
    assert found["labels"]["x"]["f1"]["value"] == pytest.approx(2 / 3)
    code, out, _ = esc("corpus", "agree", "ann.jsonl", "b.jsonl", "-f", "table")
    assert code == 0
    assert b"1 disagreements\n  a2  ann: none; bob: x\n" in out


def test_one_annotator_cannot_disagree(esc, data):
    code, out, err = esc("corpus", "agree", data)
    assert (code, out) == (1, b"")
    assert "no sentence has the labels of two annotators (found a)" in err


def test_the_audit_lists_doubtful_sentences_and_contradictions(esc, place, project):
    shutil.copytree(project / "starter", place / "starter")
    path = place / "starter/examples.jsonl"
    rows = rows_of(path)
    twin = {**rows[0], "id": "twin", "document": "twin", "text": f"Again {BARGES}", "labels": []}
    write(path, *rows, twin, {**twin, "id": "twin2", "text": BARGES, "labels": ["threat"]})
    (place / "quick.toml").write_text("bootstrap = 20\nC = [1.0]\n")
    args = ("corpus", "audit", "-d", "starter", "--config", "quick.toml", "-j", "1", "-n", "3")
    code, out, err = esc(*args)
    assert code == 0
    assert "sentences in doubt, 1 contradicting near-duplicates" in err
    *doubtful, pair = map(json.loads, out.splitlines())
    assert len(doubtful) <= 3
    assert all(found["problem"] == "labels unlikely" for found in doubtful)
    assert {pair["id"], pair["other"]["id"]} == {"twin", "twin2"}
    code, out, _ = esc(*args, "--format", "table")
    assert code == 0
    assert b"near-duplicate with different labels" in out


# The field set


def test_a_sentence_of_the_field_set_is_not_trained_on(esc, place, project, monkeypatch):
    folder = place / "shipped"
    folder.mkdir()
    shutil.copy(shipped.data() / "word-classes.txt", folder)
    known = {"id": "g1", "reference": reference(BARGES, path="news.csv")}
    known["five_grams"] = [f"{gram:012x}" for gram in five_grams(BARGES)]
    write(folder / "field.references.jsonl", known)
    monkeypatch.setattr("classifier.shipped.data", lambda: folder)
    shutil.copytree(project / "starter", place / "starter")
    path = place / "starter/examples.jsonl"
    clean = rows_of(path)
    mine = {**clean[0], "id": "mine", "document": "new", "text": f"Late news: {BARGES}"}
    write(path, *clean, mine)
    (place / "quick.toml").write_text("bootstrap = 20\nC = [1.0]\n")
    args = ("train", "--data", "starter", "--config", "quick.toml", "-j", "1", "-o", "new")
    code, out, err = esc(*args)
    assert (code, out) == (1, b"")
    assert err == (
        "esc: 1 sentences belong to the field set, which is for measuring only; take them out of "
        "the training data: mine is a near-duplicate of g1 of the field set\n"
    )
    assert not (place / "models").exists()
    write(path, *clean)
    assert esc(*args).code == 0
