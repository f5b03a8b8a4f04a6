"""Compare token vectors of transformers with those of spacy-transformers.

It pins versions of transformers that others have left behind, so it is compared with
where it can be installed, and skipped elsewhere.
"""

import numpy as np
import pytest
from thinc.api import reduce_mean

from tests.transformers.hugging_face import save_tiny
from zoo.doc import Doc
from zoo.transformers import (
    PoolPieces,
    Tok2VecTransformer,
    TransformerWrapper,
    strided_spans,
)

spacy = pytest.importorskip("spacy")
pytest.importorskip(
    "spacy_transformers", reason="its pins clash with the newest transformers"
)
pytestmark = [
    pytest.mark.peer,
    pytest.mark.filterwarnings("ignore"),
]
#: Texts that fit into one window, with tokens of several pieces and of none.
WORDS = [
    ["The", "cat", "sat", "on", "unthinkable", "mats", "."],
    ["do", "n't", "\n", "go", ",", "Wörld", "!"],
    ["x"],
]
SPACES = [[True] * 6 + [False], [False, True, True, False, True, False, False], [False]]


@pytest.mark.parametrize("name", ["bert", "electra", "roberta"])
def test_token_vectors_are_those_of_the_peer(name, tmp_path):
    folder = str(save_tiny(tmp_path, name, max_position_embeddings=80))
    vocab = spacy.blank("en").vocab
    texts = list(zip(WORDS, SPACES, strict=True))
    if name == "roberta":  # There a token has the piece of the space behind it too.
        texts = [([*words], [False] * len(words)) for words, _ in texts]
    docs = [
        spacy.tokens.Doc(vocab, words=words, spaces=spaces) for words, spaces in texts
    ]
    make_peer = spacy.registry.architectures.get(
        "spacy-transformers.Tok2VecTransformer.v3"
    )
    get_spans = spacy.registry.get(
        "span_getters", "spacy-transformers.strided_spans.v1"
    )(window=128, stride=96)
    peer = make_peer(
        name=folder,
        get_spans=get_spans,
        tokenizer_config={"use_fast": True},
        pooling=reduce_mean(),
        grad_factor=1.0,
    )
    peer.initialize(X=docs)
    wrapper = TransformerWrapper(folder, strided_spans(60, 45))
    ours = Tok2VecTransformer(wrapper, PoolPieces(reduce_mean())).initialize()
    expected = peer.predict(docs)
    own = [Doc(words, spaces=spaces) for words, spaces in texts]
    for batch in (docs, own):
        for left, right in zip(expected, ours.predict(batch), strict=True):
            np.testing.assert_allclose(right, left, atol=1e-4)
