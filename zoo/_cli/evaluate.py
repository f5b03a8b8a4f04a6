"""The command `zoo evaluate`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from .options import OtherTokenizer, VectorsFile, choose_tokenizer, load_model


def evaluate(
    model: Annotated[Path, typer.Argument(help="Folder of a saved pipeline.")],
    file: Annotated[Path, typer.Argument(help="Annotated documents, in any format.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="JSON file for all scores.")
    ] = None,
    tokenizer: OtherTokenizer = None,
    vectors: VectorsFile = None,
) -> None:
    """Measure a pipeline on annotated documents."""
    from ..corpora import read_docs
    from ..pipeline._model_folder import write_json
    from .tables import print_line, print_table

    pipeline = load_model(model, vectors)
    docs = list(read_docs(file, tokenizer=choose_tokenizer(pipeline, tokenizer)))
    if not docs:
        raise ValueError(f"{file} holds no documents to evaluate on.")
    scores = pipeline.evaluate(docs)
    if all(scores.get(name) is None for name in pipeline.score_weights()):
        fields = ", ".join(pipeline.fields)
        raise ValueError(f"{file} holds no labels to evaluate on: none has {fields}.")
    if output is not None:
        write_json(output, scores)
    rows = [_format(name, value) for name, value in scores.items()]
    print_table([row for row in rows if row], right=[1])
    for name, value in scores.items():
        if isinstance(value, dict) and value:
            print_line(f"\n{name}", bold=True)
            print_table(_per_label(value), right=range(1, 4))


def _format(name: str, value: Any) -> tuple[str, str] | None:
    """Make a row of a figure, in per cent but for the speed."""
    if name == "speed":
        return name, f"{value:,.0f} words/s"
    if isinstance(value, int | float):
        return name, f"{100 * value:.2f}"
    return None


def _per_label(figures: dict[str, Any]) -> list[list[str]]:
    """Make a table of one figure or several for each label, in per cent."""
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
