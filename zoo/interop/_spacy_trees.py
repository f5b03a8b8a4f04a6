"""Lay out the trees of layers that spaCy builds for models like ours.

spaCy's files list nodes breadth first, by such a tree, without its edges.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from thinc.api import Model


class SpacyNode(NamedTuple):
    """A node of the tree of layers that spaCy builds for a model of ours."""

    name: str
    children: list["SpacyNode"] = []  # noqa: RUF012  Never changed.
    source: Model[Any, Any] | None = None  # Our node that has its parameters.
    params: dict[str, str] = {}  # noqa: RUF012  spaCy's names to ours.

    def walk(self) -> Iterator["SpacyNode"]:
        queue = deque([self])
        while queue:
            node = queue.popleft()
            yield node
            queue.extend(node.children)


def spacy_tree(model: Model[Any, Any]) -> SpacyNode:
    """Lay out the nodes that spaCy's model with the same settings has.

    Raises:
        ValueError: spaCy has no such layer.
    """
    if model.name not in _TREES:
        raise ValueError(
            f"load_weights: spaCy has no counterpart of the layer '{model.name}'. It "
            f"has one of: {', '.join(sorted(_TREES))}."
        )
    return _TREES[model.name](model)


def _tok2vec(model: Model[Any, Any]) -> SpacyNode:
    children = [spacy_tree(model.get_ref(name)) for name in ("embed", "encode")]
    return SpacyNode("tok2vec", children)


def _multi_hash_embed(model: Model[Any, Any]) -> SpacyNode:
    *layers, mix = model.layers
    n_features = len(model.attrs["features"])
    tables = [_hash_table(table) for table in layers[:n_features]]
    together = tables[0] if len(tables) == 1 else SpacyNode("concatenate", tables)
    embedded = [*_EXTRACT, SpacyNode("with_array", [together])]
    if n_features < len(layers):
        parts = [SpacyNode("chain", embedded), _static_vectors(layers[-1])]
        embedded = [SpacyNode("concatenate", parts)]
    mixed = [SpacyNode("with_array", [_maxout_norm(mix)]), SpacyNode("ragged2list")]
    return SpacyNode("multi_hash_embed", embedded + mixed)


def _character_embed(model: Model[Any, Any]) -> SpacyNode:
    characters, table, *vectors, mix = model.layers
    hashed = SpacyNode("with_array", [_hash_table(table)])
    parts = [
        SpacyNode("chain", [_char_embed(characters), SpacyNode("list2ragged")]),
        SpacyNode("chain", [*_EXTRACT, hashed]),
        *map(_static_vectors, vectors),
    ]
    mixed = [SpacyNode("with_array", [_maxout_norm(mix)]), SpacyNode("ragged2list")]
    return SpacyNode("character_embed", [SpacyNode("concatenate", parts), *mixed])


def _char_embed(model: Model[Any, Any]) -> SpacyNode:
    return SpacyNode("charembed", source=model, params={"E": "E"})


#: Looks up the attributes of words.
_EXTRACT = [SpacyNode("extract_features"), SpacyNode("list2ragged")]


def _hash_table(table: Model[Any, Any]) -> SpacyNode:
    hashed = SpacyNode("hashembed", source=table, params={"E": "E"})
    return SpacyNode("ints-getitem>>hashembed", [SpacyNode("ints-getitem"), hashed])


def _static_vectors(model: Model[Any, Any]) -> SpacyNode:
    return SpacyNode("static_vectors", source=model, params={"W": "W"})


def _maxout_norm(model: Model[Any, Any]) -> SpacyNode:
    return _normed(model, "maxout")


def _mish_norm(model: Model[Any, Any]) -> SpacyNode:
    return _normed(model, "mish")


def _normed(model: Model[Any, Any], name: str) -> SpacyNode:
    linear = SpacyNode(name, source=model, params={"W": "W", "b": "b"})
    norm = SpacyNode("layernorm", source=model, params={"G": "G", "b": "beta"})
    both = SpacyNode(f"{name}>>layernorm", [linear, norm])
    return SpacyNode(f"{name}>>layernorm>>dropout", [both, SpacyNode("dropout")])


def _window_encoder(model: Model[Any, Any]) -> SpacyNode:
    is_mish = model.name == "mish_window_encoder"
    normed = map(_mish_norm if is_mish else _maxout_norm, model.layers)
    blocks = [
        SpacyNode("residual", [SpacyNode("chain", [SpacyNode("expand_window"), node])])
        for node in normed
    ]
    return SpacyNode(
        "with_array", blocks if len(blocks) == 1 else [SpacyNode("chain", blocks)]
    )


def _torch_bilstm_encoder(model: Model[Any, Any]) -> SpacyNode:
    names = {name: name for name in model.param_names}
    wrapped = SpacyNode("pytorch", source=model, params=names)
    return SpacyNode("with_padded", [SpacyNode("with_padded", [wrapped])])


def _tagger(model: Model[Any, Any]) -> SpacyNode:
    output = model.get_ref("softmax")
    softmax = SpacyNode("softmax", source=output, params={"W": "W", "b": "b"})
    tok2vec = spacy_tree(model.get_ref("tok2vec"))
    return SpacyNode("tagger", [tok2vec, SpacyNode("with_array", [softmax])])


def _textcat_reduce(model: Model[Any, Any]) -> SpacyNode:
    output = model.get_ref("output_layer")
    tokens = [spacy_tree(model.get_ref("tok2vec")), SpacyNode("list2ragged")]
    poolings = [
        SpacyNode(f"reduce_{name}") for name in model.layers[1].attrs["poolings"]
    ]
    pool = poolings[0] if len(poolings) == 1 else SpacyNode("concatenate", poolings)
    linear = SpacyNode(output.name, source=output, params={"W": "W", "b": "b"})
    pooled = SpacyNode("chain", [SpacyNode("chain", tokens), pool])
    scored = SpacyNode("chain", [pooled, SpacyNode("resizable", [linear])])
    if not model.attrs["multi_label"]:
        return scored
    return SpacyNode("chain", [scored, SpacyNode("logistic")])


def _textcat_bow(model: Model[Any, Any]) -> SpacyNode:
    if model.attrs["prefixes"]:
        raise ValueError(
            f"load_weights: spaCy's TextCatBOW counts no prefixes, got a layer with "
            f"prefixes of {model.attrs['prefixes']}. Build it without."
        )
    linear, *activation = model.layers
    sparse = SpacyNode("sparse_linear", source=linear, params={"W": "W", "b": "b"})
    parts = [SpacyNode("extract_ngrams"), SpacyNode("resizable", [sparse])]
    scored = SpacyNode("with_cpu", [SpacyNode("chain", parts)])
    if not activation:
        return scored
    activated = SpacyNode("with_cpu", [SpacyNode(activation[0].name)])
    return SpacyNode("chain", [scored, activated])


def _textcat_ensemble(model: Model[Any, Any]) -> SpacyNode:
    parts = [spacy_tree(model.get_ref("linear_model")), _attended(model)]
    return SpacyNode("chain", [SpacyNode("concatenate", parts), _scored(model)])


def _textcat_attention(model: Model[Any, Any]) -> SpacyNode:
    return SpacyNode("chain", [_attended(model), _scored(model)])


def _attended(model: Model[Any, Any]) -> SpacyNode:
    """Lay out the vectors of tokens, their sum by attention, and a maxout of it."""
    attention = model.get_ref("attention_layer")
    linear = {"W": "W", "b": "b"}
    keys = [SpacyNode(k.name, source=k, params=linear) for k in attention.layers]
    tokens = [spacy_tree(model.get_ref("tok2vec")), SpacyNode("list2ragged")]
    attended = SpacyNode("para-attn", keys, source=attention, params={"Q": "Q"})
    summed = [
        SpacyNode("chain", [SpacyNode("chain", tokens), attended]),
        SpacyNode("reduce_sum"),
    ]
    residual = SpacyNode("residual", [_maxout_norm(model.get_ref("maxout_layer"))])
    return SpacyNode("chain", [SpacyNode("chain", summed), residual])


def _scored(model: Model[Any, Any]) -> SpacyNode:
    """Lay out what turns a vector of a document into scores from 0 to 1."""
    output = model.get_ref("output_layer")
    linear = SpacyNode(output.name, source=output, params={"W": "W", "b": "b"})
    if not model.attrs["multi_label"]:
        return linear
    return SpacyNode("chain", [linear, SpacyNode("logistic")])


def _transition_model(model: Model[Any, Any]) -> SpacyNode:
    project, features = model.get_ref("project"), model.get_ref("features")
    linear = {"W": "W", "b": "b"}
    projected = [
        spacy_tree(model.get_ref("tok2vec")),
        SpacyNode("list2array"),
        SpacyNode("linear", source=project, params=linear),
    ]
    lower = SpacyNode(
        "precomputable_affine", source=features, params=linear | {"pad": "pad"}
    )
    upper = SpacyNode("noop")
    if model.has_ref("output_layer"):
        output = model.get_ref("output_layer")
        upper = SpacyNode("linear", source=output, params=linear)
    return SpacyNode("parser_model", [SpacyNode("chain", projected), lower, upper])


def _span_categorizer(model: Model[Any, Any]) -> SpacyNode:
    tokens = [spacy_tree(model.get_ref("tok2vec")), SpacyNode("list2ragged")]
    poolings = [
        SpacyNode(f"reduce_{name}") for name in ("last", "first", "mean", "max")
    ]
    mix = _maxout_norm(model.get_ref("reducer").get_ref("mix"))
    reducer = SpacyNode("chain", [SpacyNode("concatenate", poolings), mix])
    output = model.get_ref("scorer")
    parts = [
        SpacyNode(
            part.name, source=part, params={name: name for name in part.param_names}
        )
        for part in output.layers or [output]
    ]
    scorer = SpacyNode("chain", parts) if output.layers else parts[0]
    read = SpacyNode("with_getitem", [SpacyNode("chain", tokens)])
    return SpacyNode("chain", [read, SpacyNode("extract_spans"), reducer, scorer])


#: The attribute of a listener that says what spaCy calls it.
LISTENER_NAME = "spacy_listener"
#: What spacy-curated-transformers calls its listener to the last layer.
LAST_LAYER = "last_transformer_layer_listener"


def _listener(model: Model[Any, Any]) -> SpacyNode:
    if not model.layers:
        return SpacyNode("tok2vec-listener")
    pooling = _pooling(model.layers[0])
    if model.attrs.get(LISTENER_NAME) == LAST_LAYER:
        return SpacyNode(LAST_LAYER, [SpacyNode("with_ragged_last_layer", [pooling])])
    listener = SpacyNode("transformer-listener")
    return SpacyNode("chain", [listener, SpacyNode("trfs2arrays", [pooling])])


def _pooling(model: Model[Any, Any]) -> SpacyNode:
    """Lay out what makes one vector of the pieces of a token."""
    pooling = model.layers[0]
    names = [f"reduce_{name}" for name in pooling.attrs.get("poolings", ())]
    return SpacyNode(names[0] if len(names) == 1 else pooling.name)


def _tok2vec_transformer(model: Model[Any, Any]) -> SpacyNode:
    split = [_transformer_wrapper(model), SpacyNode("split-trf-batch")]
    pooled = SpacyNode("trfs2arrays", [_pooling(model.get_ref("pooling"))])
    return SpacyNode("chain", [SpacyNode("chain", split), pooled])


def _transformer_wrapper(model: Model[Any, Any]) -> SpacyNode:
    return SpacyNode("transformer", [SpacyNode("hf-pytorch")])


_TREES: dict[str, Callable[[Model[Any, Any]], SpacyNode]] = {
    "char_embed": _char_embed,
    "character_embed": _character_embed,
    "hash_embed_cnn": _tok2vec,
    "listener": _listener,
    "maxout_window_encoder": _window_encoder,
    "mish_window_encoder": _window_encoder,
    "multi_hash_embed": _multi_hash_embed,
    "span_categorizer": _span_categorizer,
    "static_vectors": _static_vectors,
    "tagger": _tagger,
    "textcat_attention": _textcat_attention,
    "textcat_bow": _textcat_bow,
    "textcat_ensemble": _textcat_ensemble,
    "textcat_reduce": _textcat_reduce,
    "tok2vec": _tok2vec,
    "tok2vec_transformer": _tok2vec_transformer,
    "torch_bilstm_encoder": _torch_bilstm_encoder,
    "transformer_wrapper": _transformer_wrapper,
    "transition_model": _transition_model,
}
