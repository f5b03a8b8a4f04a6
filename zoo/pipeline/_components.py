"""Keep the named components of a pipeline, run their encoders, freeze them."""

import operator
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from thinc.api import Model

from .._freeze import freeze_parameters, frozen_paths, match_paths
from .._parameters import Parameter, named_parameters, parameters_of, use_params
from ..config import nearest
from ..doc import Doc
from ..layers.listener import Upstream
from ..layers.static_vectors import set_vectors
from ..objectives import Objective
from ..tokenizer import Tokenize
from ..vectors import VectorTable
from ._assemble import Component
from ._share_encoders import describe_moving_encoders, find_upstreams
from ._word_vectors import users_of_vectors


class Components:
    """The components of a pipeline by name, and which of them run and learn.

    Attributes:
        by_name: The components, in the pipeline's order.
        taught: Names of the components that hold gradients of the present update.
        frozen_by: The paths that `freeze` was called with.
    """

    def __init__(
        self, components: Iterable[Component], disabled: Collection[str]
    ) -> None:
        self.by_name = {component.name: component for component in components}
        self.taught: set[str] = set()
        self.frozen_by: tuple[str, ...] = ()
        self.disabled = disabled
        self.annotating = ()
        self._wanted: dict[tuple[str, ...], tuple[list[Any], set[Upstream]]] = {}
        self._add_norms: Callable[[Doc], None] | None = None

    def __iter__(self) -> Iterator[Component]:
        return iter(self.by_name.values())

    @property
    def with_objective(self) -> list[tuple[Component, Objective]]:
        """The components that have an objective, with it."""
        return [(c, c.objective) for c in self if c.objective is not None]

    @property
    def heads(self) -> list[tuple[Component, Objective]]:
        """The components that predict and are not disabled, with their objectives."""
        return [(c, o) for c, o in self.with_objective if c.name not in self.disabled]

    @property
    def writers(self) -> list[Component]:
        """The components that write into documents and are not disabled."""
        return [c for c in self if c.writes and c.name not in self.disabled]

    def unannotated(self, docs: Iterable[Doc]) -> list[Doc]:
        """Copy documents without what a pipeline predicts.

        Starts of sentences are left out if one of the components writes them.
        """
        written = {field for writer in self.writers for field in writer.fields}
        copies = [doc.copy(annotations=False) for doc in docs]
        for doc in copies:
            if "sent_starts" in written:
                doc.sent_starts = None
        return copies

    def use_tokenizer(self, tokenizer: Tokenize) -> None:
        """Set the pipeline's tokenizer: for the patterns of rules, and for norms."""
        self._add_norms = getattr(tokenizer, "add_norms", None)
        for component in self:
            rules: Any = component.rules
            if hasattr(rules, "tokenizer"):
                rules.tokenizer = tokenizer

    @property
    def disabled(self) -> set[str]:
        """Names of the components that do not run."""
        return self._disabled

    @disabled.setter
    def disabled(self, names: Collection[str]) -> None:
        self.check_names("disabled", names)
        self._disabled = {*names}

    @property
    def annotating(self) -> Collection[str]:
        """Names of the components that annotate a batch before later ones learn."""
        return self._annotating

    @annotating.setter
    def annotating(self, names: Collection[str]) -> None:
        self.check_names("annotating", names)
        self._annotating = names

    def check_names(self, setting: str, names: Collection[str]) -> None:
        """Check that there are components of these names.

        Args:
            setting: The setting of the pipeline that holds the names, for the message.
            names: Names of components.

        Raises:
            ValueError: There is no component of one of the names.
        """
        for name in names:
            if name not in self.by_name:
                raise ValueError(
                    f"Pipeline.{setting}: there is no component {name!r}."
                    f"{nearest(name, self.by_name)}"
                )

    def score(self, gold: Sequence[Doc], predicted: Sequence[Doc]) -> dict[str, Any]:
        """Compute the scores of all heads, under spaCy's names."""
        scores: dict[str, Any] = {}
        for component in self.writers:
            measure = getattr(component.rules, "scorer", None)
            if component.objective is not None:
                measure = component.objective.score
            if measure is not None:
                scores.update(measure(gold, predicted))
        return scores

    def score_names(self) -> list[str]:
        """List the names of the scores of all heads."""
        return [name for _, o in self.heads for name in o.score([], [])]

    def score_weights(self) -> dict[str, float]:
        """Weigh the main score of each head alike, so that the weights sum to 1."""
        weights = [objective.score_weights for _, objective in self.heads]
        total = sum(sum(part.values()) for part in weights) or 1.0
        return {k: round(v / total, 2) for part in weights for k, v in part.items()}

    @property
    def models(self) -> dict[str, Model[Any, Any]]:
        """The models of the components, by name."""
        return {component.name: component.model for component in self}

    @property
    def parameters(self) -> dict[str, Parameter]:
        """Every parameter by its full path, such as "tok2vec.embed.norm.E"."""
        return parameters_of(self.models)

    @property
    def frozen(self) -> list[str]:
        """The paths of the parameters that do not learn."""
        models = self.models.items()
        frozen = {f"{name}.{p}" for name, m in models for p in frozen_paths(m)}
        return [path for path in self.parameters if path in frozen]

    def freeze(self, paths: tuple[str, ...]) -> None:
        """Freeze what the paths name, and nothing else.

        Args:
            paths: Names of components, and paths or patterns of parameters or nodes.

        Raises:
            ValueError: A path leads to no parameter.
        """
        parts = [path for path in paths if path not in self.by_name]
        frozen = match_paths(self.parameters, parts)
        for name, model in self.models.items():
            own = {n for n in named_parameters(model) if f"{name}.{n}" in frozen}
            freeze_parameters(model, named_parameters(model) if name in paths else own)
        self.frozen_by = paths

    def describe_moving_encoders(self) -> str | None:
        """Describe frozen components whose encoder learns on; None if there are none.

        Returns:
            Sentences for a warning, or None.
        """
        return describe_moving_encoders(self, {*self.frozen_by} - self.disabled)

    def set_vectors(self, vectors: VectorTable) -> None:
        """Set the table of every layer of static vectors.

        Args:
            vectors: The table. It is shared, not copied.

        Raises:
            ValueError: No component has such a layer.
        """
        users = users_of_vectors(self)
        if not users:
            raise ValueError(
                f"Pipeline: no layer uses a table of vectors, got '{vectors.name}'. "
                f"Set include_static_vectors = true in an embedding of its config."
            )
        for component in users:
            set_vectors(component.model, vectors)

    @contextmanager
    def use_params(self, values: Mapping[Any, Any] | None) -> Iterator[None]:
        """Replace parameters by other values inside the block.

        Args:
            values: By the keys of an optimizer, such as its averages. None or nothing:
                all parameters stay.
        """
        with ExitStack() as stack:
            for component in self:
                if values:
                    stack.enter_context(use_params(component.model, values))
            yield

    @contextmanager
    def running(
        self, docs: list[Any], heads: Iterable[Component], *, is_train: bool = False
    ) -> Iterator[None]:
        """Run the shared encoders that heads read from inside the block.

        In training, the encoders learn that get gradients from a head; the others
        predict.

        Args:
            docs: The batch. Heads must be called with this very list.
            heads: The components that are to run.
            is_train: Whether the batch is learned from.
        """
        self.check_names("disabled", self.disabled)  # As names can be added to it.
        if self._add_norms is not None:
            any(map(self._add_norms, docs))
        names = [head.name for head in heads]
        if is_train:
            wanted, taught = find_upstreams([*self], names, self.frozen_by)
        else:
            wanted, taught = self._find_wanted(names), set[Upstream]()
        with ExitStack() as stack:
            for component in self:
                upstream = component.upstream
                if upstream is not None and upstream in wanted:
                    learns = is_train and upstream in taught
                    stack.enter_context(upstream.run(docs, is_train=learns))
                    if learns:
                        self.taught.add(component.name)
            yield

    def _find_wanted(self, names: Sequence[str]) -> set[Upstream]:
        """Find the encoders that heads read from, once for the models that they have.

        To look through models for listeners takes as long as to tag a short sentence.
        """
        models = [component.model for component in self]
        last = self._wanted.get((*names,))
        if last is None or not all(map(operator.is_, last[0], models)):
            found, _ = find_upstreams([*self], names, None)
            self._wanted = {(*names,): (models, found)}
            return found
        return last[1]
