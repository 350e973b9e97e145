"""Tables of spreadsheets: separator, encoding and columns are guessed, and the guess is said."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.corpus.tables import read_table, split_labels
from classifier.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

FORD, WELL = "The ford is shut.", "The well is dry."
CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
NAMES = st.text("abcß_-", min_size=1, max_size=8).filter(lambda name: name != "none")


def write(folder: Path, table: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(table.encode() if isinstance(table, str) else table)
    return path


def rows(path: Path) -> list[dict[str, Any]]:
    return [value for _, value in read_table(path, lambda _: None)]


def notice(path: Path) -> str:
    told: list[str] = []
    list(read_table(path, told.append))
    (only,) = told
    return only


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        rows(path)
    place, _, message = str(caught.value).partition(str(path))
    assert place == ""
    return message


@pytest.mark.parametrize(
    ("cell", "labels"),
    [
        ("", []),
        ("  ", []),
        ("none", []),
        ("None", []),
        ("O", []),
        ("[]", []),
        ("threat", ["threat"]),
        ("threat;offer", ["threat", "offer"]),
        ("threat | offer", ["threat", "offer"]),
        ("threat, offer,", ["threat", "offer"]),
        ('["threat", "offer"]', ["threat", "offer"]),
        ("['threat', 'offer']", ["threat", "offer"]),
        ("red line; peace  talks", ["red_line", "peace_talks"]),
        ("[threat", ["[threat"]),
        ("[1]", ["[1]"]),
    ],
)
def test_a_cell_of_labels_is_split(cell: str, labels: list[str]) -> None:
    assert split_labels(cell) == labels


@given(st.lists(NAMES), st.sampled_from([";", "|", ",", " ; "]))
def test_labels_come_back_from_any_separator_and_from_json(names: list[str], mark: str) -> None:
    assert split_labels(mark.join(names)) == names
    assert split_labels(orjson.dumps(names).decode()) == names


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_separator_and_encoding_are_guessed(
    tmp_path: Path, mark: str, encoding: str, end: str
) -> None:
    lines = [["text", "labels"], ["Zoë left.", "threat|offer"], [WELL, ""]]
    table = end.join(mark.join(line) for line in lines) + end
    assert rows(write(tmp_path, table.encode(encoding))) == [
        {"text": "Zoë left.", "labels": ["threat", "offer"]},
        {"text": WELL, "labels": []},
    ]


def test_a_tsv_file_has_tabs_whatever_else_is_in_it(tmp_path: Path) -> None:
    path = write(tmp_path, "text\tlabels\nNo; not, ever.\tthreat\n", "t.tsv")
    assert rows(path) == [{"text": "No; not, ever.", "labels": ["threat"]}]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(CELLS, st.lists(NAMES, unique=True)), min_size=1, max_size=5),
    st.sampled_from(",;\t"),
)
def test_what_a_spreadsheet_writes_comes_back(
    tmp_path: Path, written: list[tuple[str, list[str]]], mark: str
) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=mark, quoting=csv.QUOTE_ALL)
    writer.writerows([["text", "labels"], *([text, "|".join(names)] for text, names in written)])
    assert rows(write(tmp_path, stream.getvalue())) == [
        {"text": text, "labels": names} for text, names in written
    ]


def test_quoted_cells_may_hold_separators_and_line_breaks(tmp_path: Path) -> None:
    path = write(tmp_path, 'text,labels\n"“No, never,”\nhe said.","a,b"\n')
    assert rows(path) == [{"text": "“No, never,”\nhe said.", "labels": ["a", "b"]}]


def test_words_that_mean_missing_elsewhere_are_text(tmp_path: Path) -> None:
    path = write(tmp_path, f"id,text,labels\nNA,null,a\nnan,{FORD},b\n")
    assert [row["text"] for row in rows(path)] == ["null", FORD]
    assert [row["id"] for row in rows(path)] == ["NA", "nan"]


def test_known_columns_are_taken_over(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        f"ID,Article ID,position,Sentence,Category,date,genre,mood\n7,a,3,{FORD},x,1931,,low\n",
    )
    assert rows(path) == [
        {
            "id": "7",
            "document": "a",
            "position": 3,
            "text": FORD,
            "labels": ["x"],
            "date": "1931",
        }
    ]
    assert notice(path) == (
        f"{path}: text in 'Sentence', labels in 'Category', documents in 'Article ID'; "
        "not used: 'mood'"
    )


@pytest.mark.parametrize("position", ["", "first", "-1", "1.5", "²", "9" * 5000])
def test_a_position_that_is_no_number_is_left_out(tmp_path: Path, position: str) -> None:
    path = write(tmp_path, f"text,labels,position\n{FORD},a,{position}\n")
    assert rows(path) == [{"text": FORD, "labels": ["a"]}]


def test_columns_of_zero_and_one_are_labels(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        f"text,threat,offer,never,score\n{FORD},1,0,0,2\n{WELL},x,yes,0,1\nIt rained.,,No,0,0\n",
    )
    assert [row["labels"] for row in rows(path)] == [["threat"], ["threat", "offer"], []]
    assert notice(path) == (
        f"{path}: text in 'text', labels in the 0/1 columns threat, offer, "
        "each row a document of its own; not used: 'never', 'score'"
    )


def test_an_empty_row_is_not_reviewed_where_others_say_no(tmp_path: Path) -> None:
    path = write(tmp_path, f"text,threat,offer\n{FORD},1,0\n{WELL},0,0\nIt rained.,,\n")
    assert [row.get("labels") for row in rows(path)] == [["threat"], [], None]
    assert "; 1 rows without any are taken as not reviewed" in notice(path)


def test_an_empty_row_has_none_where_people_mark_what_is_there(tmp_path: Path) -> None:
    path = write(tmp_path, f"text,threat,offer\n{FORD},x,\n{WELL},,\nIt rained.,x,x\n")
    assert [row["labels"] for row in rows(path)] == [["threat"], [], ["threat", "offer"]]
    assert "not reviewed" not in notice(path)


@pytest.mark.parametrize("none", ["none", "[]", "None"])
def test_an_empty_cell_is_not_reviewed_where_others_say_none(tmp_path: Path, none: str) -> None:
    path = write(tmp_path, f"text,labels\n{FORD},threat\n{WELL},{none}\nIt rained.,\n")
    assert [row.get("labels") for row in rows(path)] == [["threat"], [], None]


def test_who_found_nothing_at_all_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, f"text,threat\n{FORD},0\n{WELL},0\n")
    assert [row["labels"] for row in rows(path)] == [[], []]


@pytest.mark.parametrize(
    "heading",
    [
        "text,threat,threat\n",
        "text,threat, threat\n",
        '"te\nxt",threat,threat\n',
        "text,threat,threat\r",
    ],
)
def test_a_column_that_stands_twice_is_refused_before_pandas_names_it_anew(
    tmp_path: Path, heading: str
) -> None:
    path = write(tmp_path, f"{heading}{FORD},1,0{heading[-1]}")
    with pytest.raises(InputError, match="two columns called 'threat'"):
        rows(path)


def test_a_column_of_other_facts_does_not_say_who_was_reviewed(tmp_path: Path) -> None:
    path = write(
        tmp_path, f"text,retweet,a,b\n{FORD},False,1,0\n{WELL},False,,\nIt rained.,False,0,1\n"
    )
    assert [row.get("labels") for row in rows(path)] == [["a"], None, ["b"]]


def test_the_index_of_a_data_frame_is_no_label(tmp_path: Path) -> None:
    path = write(tmp_path, f",text,a\n0,{FORD},0\n1,{WELL},1\n")
    assert [row["labels"] for row in rows(path)] == [[], ["a"]]


def test_numbers_of_a_spreadsheet_are_flags_too(tmp_path: Path) -> None:
    path = write(tmp_path, f"text,a,b\n{FORD},1.0,TRUE\n{WELL},0.0,False\n")
    assert [row["labels"] for row in rows(path)] == [["a", "b"], []]


def test_a_column_of_labels_goes_before_columns_of_flags(tmp_path: Path) -> None:
    path = write(tmp_path, f"text,labels,seen\n{FORD},a,1\n")
    assert rows(path) == [{"text": FORD, "labels": ["a"]}]


def test_a_text_column_of_another_name_is_the_longest(tmp_path: Path) -> None:
    path = write(tmp_path, f"who,zin,labels\nann,{FORD},a\n")
    assert rows(path) == [{"text": FORD, "labels": ["a"]}]
    assert notice(path).startswith(f"{path}: text in 'zin', ")


def test_a_column_known_for_something_else_is_not_taken_for_the_text(tmp_path: Path) -> None:
    slug = "a-slug-far-longer-than-the-sentence-it-stands-for"
    path = write(tmp_path, f"document,zin,labels\n{slug},{FORD},a\n")
    assert rows(path) == [{"text": FORD, "labels": ["a"], "document": slug}]


def test_short_rows_have_empty_cells(tmp_path: Path) -> None:
    path = write(tmp_path, f"text,labels,date\n{FORD},a\n{WELL}\n")
    assert rows(path) == [{"text": FORD, "labels": ["a"]}, {"text": WELL, "labels": []}]


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    path = write(tmp_path, f'text,labels\n"The ford\nis shut.",a\n\n,\n{WELL},b\n\n')
    found = list(read_table(path, lambda _: None))
    assert [where for where, _ in found] == [f"{path}, row 2", f"{path}, row 5"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            f"text,other\n{FORD},b\n",
            (
                ": no column of labels among 'text', 'other'; expected a column called labels, "
                "or a column of 0 and 1 for each label"
            ),
        ),
        (
            "a,labels\nford,b\n",
            ": no column of sentences among 'a', 'labels'; expected one called text",
        ),
        (
            f"text,labels\n{FORD},a\nThe gate,is,shut,x\n",
            ": not a table: Error tokenizing data. C error: Expected 2 fields in line 3, saw 4",
        ),
        (
            "text,labels\nThe gate,is,shut\n",
            ": rows have more fields than the heading has columns",
        ),
        (f'text,labels\n"{FORD},a\n', ": not a table: "),
        ("", ": not a table: No columns to parse from file"),
        ("\n\n", ": not a table: No columns to parse from file"),
        ("text,labels\n", ": no rows below the heading"),
        ("text,labels\n,\n\n", ": no rows below the heading"),
        (
            f"text,labels, labels\n{FORD},a,b\n",
            ": two columns called 'labels', expected each name once",
        ),
        (
            f"text,labels\n{FORD},a\n{WELL}\0,b\n",
            ", line 3: NUL character; is this really a table of text?",
        ),
        (
            b"text,labels\nZo\xeb left.,a\n",
            ", line 2: byte 14 is not valid UTF-8; save the file as UTF-8",
        ),
    ],
)
def test_what_is_no_table_of_labels_is_refused(
    tmp_path: Path, table: str | bytes, message: str
) -> None:
    assert refusal(write(tmp_path, table)).startswith(message)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.one_of(st.binary(), st.text("text,labels;\t\n\r\"'01 x\0é").map(str.encode)))
def test_no_file_does_worse_than_an_input_error(tmp_path: Path, data: bytes) -> None:
    path = write(tmp_path, data)
    with suppress(InputError):
        assert all(isinstance(row["text"], str) for row in rows(path))
