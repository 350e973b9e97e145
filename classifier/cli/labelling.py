"""``esc corpus``: import, export, agree, audit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.cli import common
from classifier.errors import InputError

_STDOUT = Path("-")
_FORMATS = "jsonl, csv, prodigy, doccano, labelstudio or fasttext"


def add_to(group: typer.Typer) -> None:
    """Register the commands."""
    group.command("import")(import_)
    for command in (export, agree, audit):
        group.command(command.__name__)(command)


def import_(
    file: Annotated[Path, typer.Argument(help="A file of another labelling tool.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The JSONL file to write; - for stdout.")
    ],
    format: Annotated[  # noqa: A002
        str | None, typer.Option("--format", "-f", help=f"{_FORMATS}; recognised if not given.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Convert a file of another tool to JSONL; unreviewed sentences stay unreviewed."""
    from classifier.corpus.formats import guess_format, read_format, write_jsonl

    _free(output, force=force)
    form = format or guess_format(file)
    records = read_format(file, form, common.note)
    if not records:
        raise InputError(f"{file}: no sentence in it")
    _write(output, write_jsonl(records))
    unreviewed = sum(record.labels is None for record in records)
    common.note(
        f"{_called(output)}: {len(records)} sentences from {form}, {unreviewed} not reviewed"
    )


def export(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file to write; - for stdout.")
    ],
    format: Annotated[str, typer.Option("--format", "-f", help=f"{_FORMATS}.")],  # noqa: A002
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data", "-d", help="Labelled file or folder; repeatable; the shipped data else."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Convert labelled files to the format of another tool."""
    from classifier.corpus.files import labelled_files, shipped_paths
    from classifier.corpus.formats import write_format
    from classifier.corpus.read import label_names, read_records

    _free(output, force=force)
    files = labelled_files(shipped_paths() if data is None else data)
    records = [record for path in files for record in read_records(path, common.note)]
    if not records:
        raise InputError(f"{', '.join(map(str, files))}: no sentence in it")
    _write(output, write_format(records, format, label_names(files, records), common.note))
    left_out = format == "fasttext"  # and said, what it has no room for
    count = (
        sum(bool(r.labels is not None and r.text) for r in records) if left_out else len(records)
    )
    common.note(f"{_called(output)}: {count} sentences as {format}")


def _called(output: Path) -> str:
    return "stdout" if output == _STDOUT else str(output)


def _free(output: Path, *, force: bool) -> None:
    if output != _STDOUT and output.exists() and not force:
        raise common.usage(f"{output}: exists; use --force to replace it")


def _write(output: Path, data: bytes) -> None:
    from classifier import disk

    if output == _STDOUT:
        common.write_bytes([data])
    else:
        disk.write_atomic(output, data)


def _needs(module: str, command: str) -> None:
    from importlib.util import find_spec

    if find_spec(module) is None:
        raise common.usage(f"{command} needs {module}; pip install 'escalation-classifier[corpus]'")


def agree(
    files: Annotated[
        list[Path], typer.Argument(help="Files with labels by two or more annotators.")
    ],
    bootstrap: Annotated[
        int,
        typer.Option(
            "--bootstrap", min=0, max=100_000, help="Resamples of documents for the intervals."
        ),
    ] = 1000,
    format: Annotated[  # noqa: A002
        str | None,
        typer.Option("--format", "-f", help="table or json; table on a terminal, json in a pipe."),
    ] = None,
) -> None:
    """Measure how far annotators agree: Krippendorff's alpha and F1 for each label."""
    from classifier.corpus.agreement import Annotation, agreement
    from classifier.corpus.files import labelled_files
    from classifier.corpus.read import label_names, read_records
    from classifier.report.corpus import agreement_lines

    _needs("krippendorff", "esc corpus agree")
    form = common.choose_format(format, ["table", "json"], "table", "json")
    paths = labelled_files(files)
    records = [(path, r) for path in paths for r in read_records(path, common.note)]
    names = _annotators([(path, r.id) for path, r in records if not r.fields["annotator"]])
    found = agreement(
        [
            Annotation(r.id, r.document, r.fields["annotator"] or names[path], r.labels)
            for path, r in records
            if r.labels is not None
        ],
        label_names(paths, [r for _, r in records]),
        bootstrap=bootstrap,
    )
    if form == "table":
        common.write_lines(agreement_lines(found))
    else:
        common.write_json(found)


def _annotators(read: list[tuple[Path, str]]) -> dict[Path, str]:
    """Name the annotator of each file: its stem, or its path where that would be two people."""
    of: dict[tuple[str, str], set[Path]] = {}
    for path, sentence in read:
        of.setdefault((path.stem, sentence), set()).add(path)
    both = {stem for (stem, _), paths in of.items() if len(paths) > 1}
    if both:
        common.note(
            f"files called {', '.join(sorted(both))} have labels of the same sentences: taken for "
            "several annotators"
        )
    return {path: str(path) if path.stem in both else path.stem for path, _ in read}


def audit(
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data", "-d", help="Labelled file or folder; repeatable; the shipped data else."
        ),
    ] = None,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="Label set file; labels.json beside the data.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most sentences shown.")] = 50,
    config: Annotated[
        Path | None, typer.Option("--config", help="Training settings in TOML.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Processes; -1 for all cores.")] = -1,
    format: Annotated[  # noqa: A002
        str | None,
        typer.Option(
            "--format", "-f", help="table or jsonl; table on a terminal, jsonl in a pipe."
        ),
    ] = None,
) -> None:
    """List likely label errors: sentences whose labels a model that never saw them doubts."""
    from classifier.corpus.read import read_corpus
    from classifier.model.audit import audit as run
    from classifier.model.audit import contradictions
    from classifier.model.settings import Settings, load_settings
    from classifier.model.train import train
    from classifier.report.corpus import audit_lines, audit_rows

    _needs("cleanlab", "esc corpus audit")
    form = common.choose_format(format, ["table", "jsonl"], "table", "jsonl")
    corpus = read_corpus(data, label_file=labels, training=True)
    for notice in corpus.notices:
        common.note(notice)
    settings = load_settings(config) if config else Settings()
    trained = train(
        corpus, settings, jobs=jobs, notice=common.note, progress=common.progress("fit")
    )
    suspects = run(trained, corpus.examples, corpus.labels)
    pairs = contradictions(corpus.examples)
    common.note(f"{len(suspects)} sentences in doubt, {len(pairs)} contradicting near-duplicates")
    if form == "table":
        common.write_lines(audit_lines(suspects[:limit], pairs[:limit]))
    else:
        for row in audit_rows(suspects[:limit], pairs[:limit]):
            common.write_json(row)
