"""Tables about labelled sentences for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from classifier.report.terminal import clean, interval, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from classifier.model.audit import Suspect
    from classifier.schema import Example


def stats_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the counts of a corpus as tables."""
    words = found["words"]
    yield (
        f"{found['sentences']:,} sentences of {found['documents']:,} documents, "
        f"{found['none']:,} without a label ({found['none'] / found['sentences']:.0%}); "
        f"{words['mean']:.1f} words a sentence ({words['min']} to {words['max']})"
    )
    yield ""
    yield from table([["label", "sentences"], *_counts(found["labels"])], "<>")
    yield ""
    yield from table([["labels together", "sentences"], *_counts(found["together"])], "<>")
    for name, title in (("origins", "origin"), ("genres", "genre"), ("years", "year")):
        yield ""
        yield from table([[title, "sentences"], *_counts(found[name])], "<>")
    yield ""
    theatres = found["theatres"]
    columns = list(next(iter(theatres.values())))
    rows = [[name or "-", *(str(counts[c]) for c in columns)] for name, counts in theatres.items()]
    yield from table([["theatre", *columns], *rows], "<" + ">" * len(columns))
    for name, r in found["repetition"].items():
        yield ""
        yield f"repetition, origin {name or '-'}:"
        facts = [
            ["distinct 4-grams", f"{r['distinct_4grams']:.3f}"],
            ["near-duplicate pairs", str(r["near_duplicates"])],
            ["commonest opening", f"{r['opening_count']} times: {r['commonest_opening']}"],
            ["word forms", f"{r['word_forms']:,}"],
        ]
        yield from table(facts, "<<")
    yield ""
    yield f"near-duplicates between documents: {len(found['leaks'])}"
    for one, other, share in found["leaks"][:20]:
        yield f"  {one} ~ {other} ({share})"
    if len(found["leaks"]) > 20:
        yield f"  and {len(found['leaks']) - 20} more; --format json has all"


def _counts(counts: Mapping[str, int]) -> list[list[str]]:
    return [[name or "-", f"{count:,}"] for name, count in counts.items()]


def example_lines(examples: Sequence[Example]) -> Iterator[str]:
    """Yield labelled sentences, document by document."""
    document = None
    for e in examples:
        if e.document != document:
            document = e.document
            about = ", ".join(x for x in (e.theatre, e.genre, e.date, e.origin) if x)
            yield f"{clean(e.document)} ({about})"
        yield f"  {clean(e.id)} [{', '.join(e.labels) or 'none'}] {clean(e.text)}"


def agreement_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield agreement for each label, and the sentences that annotators disagree on."""
    yield (
        f"{found['sentences']} sentences of {found['documents']} documents read by "
        f"{', '.join(found['annotators'])}; all labels the same: {found['exact']:.1%}"
    )
    rows = [["label", "alpha", "F1", "agreement", "positives"]]
    for name, values in found["labels"].items():
        alpha = "not defined" if values["alpha"]["value"] is None else interval(values["alpha"])
        rows.append(
            [
                name,
                alpha,
                interval(values["f1"]),
                f"{values['agreement']:.3f}",
                str(values["positives"]),
            ]
        )
    yield from table(rows, "<>>>>")
    yield "alpha: Krippendorff, nominal; intervals: 95 per cent, bootstrap over documents;"
    yield "alpha is not defined where everyone gave the same answer throughout"
    yield ""
    yield f"{len(found['disagreements'])} disagreements"
    for row in found["disagreements"]:
        views = "; ".join(f"{name}: {', '.join(v) or 'none'}" for name, v in row["views"].items())
        yield f"  {clean(row['sentence'])}  {views}"


def audit_rows(
    suspects: Sequence[Suspect], pairs: Sequence[tuple[Example, Example, float]]
) -> Iterator[dict[str, Any]]:
    """Yield one JSON object for each sentence to be labelled again."""
    for s in suspects:
        yield {
            "id": s.example.id,
            "document": s.example.document,
            "text": s.example.text,
            "labels": list(s.example.labels),
            "problem": "labels unlikely",
            "score": s.score,
            "probabilities": s.doubtful,
        }
    for one, other, share in pairs:
        yield {
            "id": one.id,
            "document": one.document,
            "text": one.text,
            "labels": list(one.labels),
            "problem": "near-duplicate with different labels",
            "score": 1 - share,
            "other": {"id": other.id, "text": other.text, "labels": list(other.labels)},
        }


def audit_lines(
    suspects: Sequence[Suspect], pairs: Sequence[tuple[Example, Example, float]]
) -> Iterator[str]:
    """Yield the sentences to be labelled again, for reading."""
    for row in audit_rows(suspects, pairs):
        yield f"{clean(row['id'])} [{', '.join(row['labels']) or 'none'}] {row['problem']}"
        yield f"  {clean(row['text'])}"
        for name, p in row.get("probabilities", {}).items():
            yield f"  {name}: out-of-fold probability {p:.2f}"
        if other := row.get("other"):
            names = ", ".join(other["labels"]) or "none"
            yield f"  {clean(other['id'])} [{names}] {clean(other['text'])}"
