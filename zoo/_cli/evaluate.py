"""The command `zoo evaluate`."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._name_some import name_some
from .._terminal import print_line, print_message, print_table
from .options import (
    Comments,
    Documents,
    FileFormat,
    MisalignedSpans,
    ModelFolder,
    OtherTokenizer,
    OverlappingSpans,
    TableColumns,
    VectorsFile,
    choose_tokenizer,
    load_model,
)

if TYPE_CHECKING:
    from .._wrong_predictions import Mistake
    from ..doc import Doc
    from ..pipeline import Pipeline

#: How much smaller recall is than precision, or the other way round, for advice.
FAR = 0.15


def evaluate(
    context: typer.Context,
    model: ModelFolder,
    file: Documents,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="JSON file for all scores.")
    ] = None,
    errors: Annotated[
        Path | None,
        typer.Option(
            "--errors",
            help="File for all wrong predictions: .jsonl, or .html to look at.",
        ),
    ] = None,
    n_confused: Annotated[
        int,
        typer.Option(
            "--confusions", min=0, help="Confused labels to show of each kind."
        ),
    ] = 10,
    tokenizer: OtherTokenizer = None,
    vectors: VectorsFile = None,
    misaligned: MisalignedSpans = "error",
    overlapping: OverlappingSpans = "error",
    columns: TableColumns = None,
    comments: Comments = "",
    format: FileFormat = None,
) -> None:
    """Measure a pipeline on annotated documents.

    Settings of its components can be overridden: --components.entity_tagger.bias 2.
    """
    from ..corpora import read_docs
    from ..pipeline._model_folder import write_json
    from .write_wrong_predictions import (
        check_errors_file,
        collect_mistakes,
        write_mistakes,
    )

    if errors is not None:
        check_errors_file(errors)
    pipeline = load_model(model, vectors, context.args)
    read = read_docs(
        file,
        tokenizer=choose_tokenizer(pipeline, tokenizer),
        misaligned=misaligned,
        overlapping=overlapping,
        columns=columns,
        comments=comments,
        format=format,
    )
    docs = list(read)
    if not docs:
        raise ValueError(f"{file} holds no documents to evaluate on.")
    scores = pipeline.evaluate(docs)
    if all(scores.get(name) is None for name in pipeline.score_weights()):
        raise ValueError(
            f"{file} holds no labels to evaluate on: {_why_unscored(pipeline, docs)}"
        )
    if output is not None:
        write_json(output, scores)
    rows = [_format(name, value, scores) for name, value in scores.items()]
    print_table([row for row in rows if row], right=[1])
    for name, value in scores.items():
        if isinstance(value, dict) and value:
            print_line(f"\n{name}", bold=True)
            print_table(_per_label(value), right=range(1, 9), header=True)
    mistakes = collect_mistakes(pipeline, docs) if n_confused or errors else []
    _print_confusions(mistakes, n_confused)
    if errors is not None:
        write_mistakes(errors, docs, mistakes, title=f"{model} on {file}")
        print_message(f"Wrote {len(mistakes):,} wrong predictions to {errors}.")
    if advice := _advise(scores):
        print_message(advice)


def _why_unscored(pipeline: "Pipeline", docs: "list[Doc]") -> str:
    """Say why nothing can be scored: there are no labels, or only unknown ones."""
    found = {label for doc in docs for label in doc.cats or ()}
    if "cats" not in pipeline.fields or not found:
        return f"none has {', '.join(pipeline.fields)}."
    heads = [head for _, head in pipeline.heads if head.field == "cats"]
    known = {label for head in heads for label in head.labels or ()}
    return (
        f"their categories are {name_some(sorted(found))}, and the model knows "
        f"{name_some(sorted(known))}."
    )


def _format(name: str, value: Any, scores: Mapping[str, Any]) -> list[str] | None:
    """Return a row of a score, in per cent but for the speed."""
    if name == "speed":
        return [name, f"{value:,.0f} words/s", ""]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    kind = scores.get(f"{name}_desc")  # Of cats_score: what kind of mean it is.
    return [name, f"{100 * value:.2f}", str(kind) if kind else ""]


def _per_label(figures: dict[str, Any]) -> list[list[str]]:
    """Return a table of one figure or several for each label, in per cent."""
    nested = {
        label: found if isinstance(found, dict) else {"": found}
        for label, found in figures.items()
    }
    columns = list(next(iter(nested.values())))
    rows = [["label", *columns]] if any(columns) else []
    for label, found in sorted(nested.items()):
        values = (found[column] for column in columns)
        cells = ["-" if value is None else f"{100 * value:.1f}" for value in values]
        rows.append([label, *cells])
    return rows


def _print_confusions(mistakes: "list[Mistake]", n_shown: int) -> None:
    """Print the most frequent pairs of a gold and a predicted label of each field."""
    from .._wrong_predictions import count_confusions

    fields = Counter(mistake.field for mistake in mistakes)
    for field in fields if n_shown else ():
        counts = count_confusions(m for m in mistakes if m.field == field)
        print_line(f"\n{field}: {fields[field]:,} wrong predictions", bold=True)
        rows = [[g, p, f"{n:,}"] for (g, p), n in counts.most_common(n_shown)]
        print_table([["gold", "predicted", "times"], *rows], right=[2], header=True)
        if len(counts) > n_shown:
            print_line(f"and {len(counts) - n_shown:,} more pairs")


def _advise(scores: Mapping[str, Any]) -> str:
    """Return a line of advice if precision and recall of entities are far apart."""
    precision, recall = scores.get("ents_p"), scores.get("ents_r")
    if precision is None or recall is None or abs(precision - recall) < FAR:
        return ""
    low, high, change = ("recall", "precision", "raise")
    if recall > precision:
        low, high, change = high, low, "lower"
    return (
        f"The {low} of entities is far below the {high}: {change} `bias`, or let "
        f"`zoo tune` choose it on development data."
    )
