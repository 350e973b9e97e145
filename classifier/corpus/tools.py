"""The shapes in which other annotation tools keep a sentence, there and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from classifier.corpus.records import Record, record_json
from classifier.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence


def object_of(value: Any, where: str) -> dict[str, Any]:
    """Return a JSON value that is an object.

    Raises
    ------
    InputError
        It is none.
    """
    if not isinstance(value, dict):
        raise InputError(f"{where}: expected an object")
    return value


# Prodigy: https://prodi.gy/docs/api-interfaces#choice


def _to_prodigy(record: Record, names: Sequence[str]) -> dict[str, Any]:
    value = record_json(record)
    labels = value.pop("labels", None)
    return {
        "text": value.pop("text", ""),
        "meta": value,
        "options": [{"id": name, "text": name} for name in names],
        "accept": labels or [],
        "answer": "ignore" if labels is None else "accept",
    }


def _from_prodigy(value: dict[str, Any], where: str) -> dict[str, Any]:
    answer = value.get("answer")
    if "accept" not in value and answer != "ignore":
        raise InputError(
            f"{where}: no field accept; expected Prodigy's choice interface (textcat.manual), not "
            "one label and a yes or no"
        )
    if answer not in ("accept", "reject", "ignore"):
        raise InputError(f"{where}, field answer: found {answer!r}, expected accept or ignore")
    row = {**_meta(value.get("meta"), where), "text": value.get("text")}
    # Who labelled: several people's answers may stand in one file.
    person = value.get("_annotator_id") or value.get("_session_id")
    if isinstance(person, str):
        row["annotator"] = person
    if answer == "accept":
        row["labels"] = value["accept"]
    return row


def _meta(value: Any, where: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InputError(f"{where}, field meta: expected an object")
    return {name: found for name, found in value.items() if name not in ("text", "labels")}


# doccano: https://github.com/doccano/doccano (text classification, JSONL)


def _to_doccano(record: Record, names: Sequence[str]) -> dict[str, Any]:  # noqa: ARG001
    value = record_json(record)
    labels = value.pop("labels", None)
    return {"text": value.pop("text", ""), "label": labels, "meta": value}


def _from_doccano(value: dict[str, Any], where: str) -> dict[str, Any]:
    row = {**_meta(value.get("meta"), where), "text": value.get("text", value.get("data"))}
    if "id" not in row and "id" in value:
        row["id"] = value["id"]
    labels = value.get("label", value.get("labels"))
    if isinstance(labels, str):
        labels = [labels]
    if labels is not None:
        row["labels"] = labels
    return row


# Label Studio: https://labelstud.io/guide/export (JSON)


def _to_labelstudio(record: Record, names: Sequence[str]) -> dict[str, Any]:  # noqa: ARG001
    value = record_json(record)
    labels = value.pop("labels", None)
    annotations = []
    if labels is not None:
        choices = {
            "from_name": "labels",
            "to_name": "text",
            "type": "choices",
            "value": {"choices": labels},
        }
        annotations = [
            {"completed_by": value.get("annotator", ""), "result": [choices] if labels else []}
        ]
    return {"data": value | {"text": value.get("text", "")}, "annotations": annotations}


def _from_labelstudio(value: dict[str, Any], where: str) -> dict[str, Any]:
    data = object_of(value.get("data"), f"{where}, field data")
    row = {name: found for name, found in data.items() if name != "labels"}
    if "id" not in row and "id" in value:
        row["id"] = value["id"]
    annotations = value.get("annotations", value.get("completions")) or []
    if not isinstance(annotations, list):
        raise InputError(f"{where}, field annotations: expected an array")
    kept = [a for a in annotations if isinstance(a, dict) and not a.get("was_cancelled")]
    if len(kept) > 1:
        raise InputError(
            f"{where}: {len(kept)} annotations, expected one; export one annotator at a time and "
            "compare them with esc corpus agree"
        )
    if kept:
        row["labels"] = []
        results = kept[0].get("result") or []
        if not isinstance(results, list):
            raise InputError(f"{where}, field result: expected an array")
        for result in results:
            if isinstance(result, dict) and result.get("type") == "choices":
                choices = object_of(result.get("value"), where).get("choices")
                if not isinstance(choices, list):
                    raise InputError(f"{where}: choices are {choices!r}, expected an array")
                row["labels"] += choices
    return row


LINE_FORMATS = {
    "prodigy": (_to_prodigy, _from_prodigy),
    "doccano": (_to_doccano, _from_doccano),
    "labelstudio": (_to_labelstudio, _from_labelstudio),
}
