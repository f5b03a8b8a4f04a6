"""Write the card of a pipeline: what it is, predicts, scores and needs."""

import json
from collections.abc import Iterator

from .._name_some import name_some
from .._terminal import escape_controls
from ..config import interpolate
from ._assemble import Component
from ._describe import describe_kind, describe_listeners
from ._model_folder import find_versions
from ._processes import find_origins
from .pipeline import Pipeline

#: Labels that are listed of a component.
_MOST_LABELS = 100


def write_card(pipeline: Pipeline, name: str) -> str:
    """Write the card of a pipeline as Markdown.

    Args:
        pipeline: The pipeline.
        name: What its folder is called; its archive has the suffix ".zip".

    Returns:
        The text, with no paths of the machine and no settings of its training.
    """
    return "\n".join(_lines(pipeline, name)) + "\n"


def _lines(pipeline: Pipeline, name: str) -> Iterator[str]:
    values = interpolate(pipeline.config)
    fields = ", ".join(f"`doc.{field}`" for field in pipeline.fields)
    yield f"# {_cell(name)}"
    yield ""
    yield f"A pipeline of zoo for the language `{_cell(values['nlp'].get('lang'))}`."
    yield f"It fills {fields}." if fields else "It computes vectors of tokens."
    yield from _usage(name)
    yield from ("", "## Components", "")
    yield "| component | factory | what it is |"
    yield "| --- | --- | --- |"
    for component in pipeline.components.values():
        notes = "; ".join(_notes(component))
        yield f"| {component.name} | {_cell(component.factory)} | {notes} |"
    yield from _scores(pipeline)
    yield from ("", "## What it needs", "")
    for package, version in find_versions().items():
        yield f"- {package}, here {version}"
    for origin in find_origins(values):
        module = _cell(origin.module)
        if module.partition(".")[0] == "zoo":
            continue
        yield f"- the function `{_cell(origin.name)}`, which `{module}` registers"
    table = pipeline.vectors
    if table is not None:
        rows, width = table.shape
        yield (
            f"- the word vectors `{_cell(table.name)}`, {rows:,} rows of {width} "
            f"numbers, which are in the folder"
        )


def _usage(name: str) -> Iterator[str]:
    file = json.dumps(f"{name}.zip", ensure_ascii=False)
    yield from ("", "## Use it", "", "```python", "import zoo", "")
    yield f"pipeline = zoo.load({file})  # Or the unpacked folder."
    yield 'for doc in pipeline.pipe(["A text.", "Another one."]):'
    yield "    print(doc)"
    yield from ("```", "", "```sh")
    yield f"zoo apply {file} texts.txt --output annotated.jsonl"
    yield "```"


def _notes(component: Component) -> Iterator[str]:
    shown = ""
    if component.objective is not None:
        labels = [f"`{_cell(label)}`" for label in component.objective.labels]
        shown = f"{len(labels)} outputs: {name_some(labels, _MOST_LABELS)}"
    notes = (describe_kind(component), shown, describe_listeners(component))
    yield from filter(None, notes)


def _scores(pipeline: Pipeline) -> Iterator[str]:
    scores = {k: v for k, v in pipeline.scores.items() if isinstance(v, float)}
    scores.pop("speed", None)
    if scores:
        yield from ("", "## Scores", "")
        yield "On the development documents of its training, in percent."
        yield from ("", "| score | |", "| --- | ---: |")
        for score, value in scores.items():
            yield f"| {_cell(score)} | {100 * value:.2f} |"


def _cell(text: object) -> str:
    """Return text that stays in its cell and its code span, whatever it holds."""
    shown = escape_controls(str(text)).replace("\n", " ").replace("`", "'")
    return shown.replace("|", "\\|")
