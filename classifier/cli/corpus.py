"""``esc corpus``: check, stats, show, fetch, split."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli import common, labelling

if TYPE_CHECKING:
    from classifier.corpus.read import Corpus

DataOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--data", "-d", help="Labelled file or folder; repeatable; the shipped data else."
    ),
]
LabelsOption = Annotated[
    Path | None, typer.Option("--labels", help="Label set file; labels.json beside the data.")
]
FormatOption = Annotated[
    str | None,
    typer.Option("--format", "-f", help="table or json; table on a terminal, json in a pipe."),
]

# Sources that vanished are named one by one up to here: a network that is down is one thing to say.
MOST_SAID = 20


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(
        help="Check, count, fetch, convert and audit labelled sentences.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    for command in (check, stats, show, fetch, split):
        group.command(command.__name__)(command)
    labelling.add_to(group)
    app.add_typer(group, name="corpus")


def _read(data: list[Path] | None, labels: Path | None) -> Corpus:
    from classifier.corpus.read import read_corpus

    corpus = read_corpus(data, label_file=labels)
    for notice in corpus.notices:
        common.note(notice)
    return corpus


def check(data: DataOption = None, labels: LabelsOption = None) -> None:
    """Read labelled files strictly: any duplicate, contradiction or missing text is an error."""
    from classifier.corpus.read import read_corpus

    corpus = read_corpus(data, label_file=labels, strict=True)
    documents = len({e.document for e in corpus.examples})
    common.write_lines(
        [
            f"{len(corpus.examples)} sentences of {documents} documents: no problem found",
            f"labels: {', '.join(corpus.labels.names)}",
        ]
    )


def stats(
    data: DataOption = None,
    labels: LabelsOption = None,
    format: FormatOption = None,  # noqa: A002
) -> None:
    """Count labels, theatres and genres, and how much the sentences repeat each other."""
    from classifier.corpus.stats import corpus_stats
    from classifier.report.corpus import stats_lines

    form = common.choose_format(format, ["table", "json"], "table", "json")
    corpus = _read(data, labels)
    found = corpus_stats(corpus.examples, corpus.labels)
    if form == "table":
        common.write_lines(stats_lines(found))
    else:
        common.write_json(found)


def show(
    ids: Annotated[list[str], typer.Argument(help="Ids of sentences or documents.")],
    data: DataOption = None,
    labels: LabelsOption = None,
) -> None:
    """Show sentences with their labels, or whole documents."""
    from classifier.report.corpus import example_lines

    corpus = _read(data, labels)
    known = {e.id for e in corpus.examples} | {e.document for e in corpus.examples}
    unknown = [name for name in ids if name not in known]
    if unknown:
        raise common.usage(f"no sentence or document {unknown[0]!r} in this data")
    chosen = [e for e in corpus.examples if e.id in ids or e.document in ids]
    common.write_lines(example_lines(chosen))


def fetch(
    mirror: Annotated[
        Path | None,
        typer.Option(
            "--mirror",
            help="A folder with copies of the sources, OWNER/NAME/COMMIT/PATH: no network.",
        ),
    ] = None,
    references: Annotated[
        list[Path] | None,
        typer.Option(
            "--references", help="Files with references; the shipped ones and the field set else."
        ),
    ] = None,
) -> None:
    """Rebuild the texts of referenced sentences from their public sources, into a local cache."""
    from classifier import shipped
    from classifier.corpus.fetch import fetch as run
    from classifier.corpus.read import read_records

    if mirror is not None and not mirror.is_dir():
        raise common.usage(f"--mirror {mirror}: no such folder")
    files = references or sorted(shipped.data().glob("*references.jsonl"))
    records = [record for path in files for record in read_records(path, common.note)]
    result = run(
        [record.reference for record in records if record.reference is not None],
        shipped.cache(),
        mirror=mirror,
        progress=common.progress("source"),
    )
    vanished = list(result.vanished.values())
    for problem in vanished[:MOST_SAID]:
        common.note(f"{problem}; skipped")
    if len(vanished) > MOST_SAID:
        common.note(f"{len(vanished) - MOST_SAID} more sources skipped, likewise")
    if result.changed:
        common.note(f"{len(result.changed)} slices have changed, the first: {result.changed[0]}")
    common.note(
        f"{result.wanted} referenced sentences: {result.cached} at hand before, {result.found} "
        f"fetched now, {result.missing} missing (cache: {shipped.cache()})"
    )
    if result.missing:
        raise typer.Exit(1)


def split(
    output: Annotated[Path, typer.Option("--output", "-o", help="A new folder for the parts.")],
    data: DataOption = None,
    labels: LabelsOption = None,
    parts: Annotated[
        str, typer.Option("--parts", help="Sizes of train, dev and test (or of train and test).")
    ] = "80,10,10",
    seed: Annotated[
        int, typer.Option("--seed", min=0, max=(1 << 31) - 1, help="Seed of the draw.")
    ] = 0,
) -> None:
    """Split labelled files into parts that share no document and no near-duplicate."""
    from classifier.corpus.split import write_split

    try:
        shares = [float(part) for part in parts.split(",")]
    except ValueError:
        raise common.usage(f"--parts {parts}: expected numbers, as 80,10,10") from None
    corpus = _read(data, labels)
    for path, count in write_split(corpus, data, output, shares, seed):
        common.write_lines([f"{path}: {count} sentences"])
