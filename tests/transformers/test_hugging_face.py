"""Check what is said of transformers that cannot be loaded as they are."""

import shutil

import pytest

from tests.transformers.hugging_face import make_wordpiece, save_tiny, transformers
from zoo.doc import Doc
from zoo.transformers import TransformerWrapper, doc_spans
from zoo.transformers._hugging_face import load_transformer
from zoo.transformers.wrapper import transformer_of

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return save_tiny(tmp_path_factory.mktemp("bert"), "bert")


@pytest.fixture
def folder(tiny, tmp_path):
    """Return a copy that may be damaged."""
    return shutil.copytree(tiny, tmp_path / "copy")


@pytest.mark.parametrize("config_too", [False, True])
def test_a_folder_without_a_tokenizer_is_refused(folder, config_too):
    (folder / "tokenizer.json").unlink()
    if config_too:  # Then transformers makes a tokenizer that knows no word.
        (folder / "tokenizer_config.json").unlink()
    with pytest.raises(
        (ImportError, ValueError), match=r"such as tokenizer\.json|with "
    ):
        load_transformer(folder)


def test_a_tokenizer_of_special_pieces_alone_is_refused(folder):
    tokenizer = make_wordpiece()
    vocab = {name: i for name, i in tokenizer.get_vocab().items() if i < 5}
    tokenizer.model = type(tokenizer.model)(vocab, unk_token="[UNK]")
    names = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    kinds = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **dict(zip(kinds, names, strict=True))
    ).save_pretrained(folder)
    with pytest.raises(
        ValueError, match=r"must know pieces of text, got one with spec"
    ):
        load_transformer(folder)


def test_a_tokenizer_that_knows_no_places_is_refused(folder):
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").write_text(
        '{"tokenizer_class": "CanineTokenizer"}'
    )
    wanted = r"needs a tokenizer that says where .* CanineTokenizer"
    with pytest.raises(ValueError, match=wanted):
        load_transformer(folder)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("model.safetensors", "no weights"),
        ("config.json", '{"model_type": "nonesuch"}'),
        ("config.json", "{"),
        ("tokenizer.json", "{}"),
    ],
)
def test_a_damaged_folder_is_named(folder, file, content):
    (folder / file).write_text(content)
    errors = (ImportError, OSError, ValueError)  # As the version of transformers will.
    with pytest.raises(errors, match=rf"cannot load '{folder}': \w+"):
        load_transformer(folder)


def test_a_setting_that_a_transformer_lacks_is_refused(tiny):
    with pytest.raises(
        ValueError,
        match=r"type bert has no setting 'hidden_drop_prob'. Did you mean 'hidden_",
    ):
        load_transformer(tiny, None, {"hidden_drop_prob": 0.2})
    settings = {"attn_implementation": "eager", "local_files_only": True}
    assert load_transformer(tiny, None, settings).module.config.model_type == "bert"


def test_a_transformer_without_a_limit_reads_any_length(tmp_path):
    folder = save_tiny(tmp_path, "deberta-v2", max_position_embeddings=0)
    model = TransformerWrapper(folder, doc_spans(), on_truncate="error").initialize()
    assert transformer_of(model).max_length is None
    batch = model.predict([Doc(["cat"] * 700)])
    assert len(batch.n_rows) == 1
    assert (batch.alignment.lengths > 0).all()
