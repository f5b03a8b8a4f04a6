import numpy as np
import pytest

from tests.layers.builders import make_tok2vec
from tests.objectives.token_losses import (
    OPS,
    assert_gradient_matches,
    assert_parts_add_up,
)
from zoo import Doc
from zoo.objectives import PretrainTeacher, pretrain_teacher
from zoo.objectives._vector_cache import VectorCache
from zoo.transformers import Tok2VecTransformer, TransformerWrapper

DOCS = [Doc(["a", "bb"]), Doc([]), Doc(["ccc", "", "bb"])]


class Teacher:
    """Compute the length and the place of each word, and count the documents."""

    name = "lengths"

    def __init__(self):
        self.n_docs = 0

    def __call__(self, docs):
        self.n_docs += len(docs)
        return [self._vectorize(doc) for doc in docs]

    def _vectorize(self, doc):
        rows = [[len(word), i if word else 0] for i, word in enumerate(doc.words)]
        return np.array(rows, dtype="f").reshape(-1, 2)


def make(teacher=None, **settings):
    objective = PretrainTeacher(teacher or Teacher(), hidden_size=4, **settings)
    objective.prepare(DOCS, None)
    return objective


@pytest.mark.parametrize("kind", ["cosine", "L2"])
def test_gradient_is_that_of_the_loss_and_parts_add_up(kind):
    Y = np.random.default_rng(1).normal(size=(5, 2)).astype("f")
    loss = make(loss=kind).loss
    assert_gradient_matches(loss, DOCS, np.arange(5), Y)
    assert_parts_add_up(loss, DOCS, np.arange(5), Y)


def test_predictions_that_are_right_cost_nothing():
    truth = np.concatenate(Teacher()(DOCS))
    loss = make(loss="L2").loss(OPS, DOCS, np.arange(5), truth)
    assert float(loss.total) == 0
    assert loss.count == 4  # The vector of the empty word is all zeros.
    loss = make().loss(OPS, DOCS, np.array([2, 4]), 5 * truth[[2, 4]])
    assert float(loss.total) == pytest.approx(0, abs=1e-6)


def test_all_tokens_are_predicted_unless_it_is_masked():
    assert not make().is_masked
    assert make(is_masked=True).is_masked


def test_a_model_can_be_the_teacher():
    model = make_tok2vec()
    objective = make(model)
    assert objective.head.get_dim("nO") == model.get_dim("nO")
    Y = np.zeros((5, model.get_dim("nO")), dtype="f")
    expected = np.concatenate(model.predict(DOCS))
    loss = make(model, loss="L2").loss(OPS, DOCS, np.arange(5), Y)
    assert float(loss.total) == pytest.approx((expected**2).sum() / 2, rel=1e-4)


def test_the_teachers_vectors_are_copied_from_a_gpu_at_once(monkeypatch):
    copied = []
    monkeypatch.setattr(pretrain_teacher, "is_cupy_array", lambda array: True)
    monkeypatch.setattr(
        pretrain_teacher, "to_numpy", lambda array: (copied.append(array), array)[1]
    )
    arrays = [np.full((n, 2), n, dtype="f") for n in (2, 0, 3)]
    found = pretrain_teacher._to_host(arrays)
    assert len(copied) == 1
    for array, expected in zip(found, arrays, strict=True):
        np.testing.assert_array_equal(array, expected, strict=True)
    assert pretrain_teacher._to_host([]) == []


def test_no_documents_cost_nothing():
    loss = make().loss(OPS, [], np.arange(0), np.zeros((0, 2), dtype="f"))
    assert float(loss.total) == 0 and loss.count == 0


def test_a_cache_asks_the_teacher_once_and_gives_the_same_bits(tmp_path):
    Y = np.random.default_rng(1).normal(size=(5, 2)).astype("f")
    teachers = [Teacher(), Teacher()]
    found = []
    for teacher in teachers:
        objective = make(teacher, cache=tmp_path / "cache")
        for _ in range(2):
            found.append(objective.loss(OPS, DOCS, np.arange(5), Y).gradient.tobytes())
    assert len(set(found)) == 1
    # The probe, and the documents the first time.
    assert [teacher.n_docs for teacher in teachers] == [1 + 3, 1]


def test_a_cache_gives_the_vectors_of_each_document_rounded(tmp_path):
    cache = VectorCache(Teacher(), tmp_path / "cache")
    for docs in (DOCS[:1], DOCS, DOCS[::-1], []):
        expected = Teacher()(docs)
        for array, wanted in zip(cache(docs), expected, strict=True):
            assert array.dtype == np.float16
            np.testing.assert_array_equal(array, wanted)
    assert len(cache) == 3


def test_a_cache_survives_a_write_that_was_cut_short(tmp_path):
    cache = VectorCache(Teacher(), tmp_path / "cache")
    cache(DOCS)
    for suffix in ("vectors", "index"):
        (file,) = (tmp_path / "cache").glob(f"*.{suffix}")
        with file.open("ab") as stream:
            stream.write(b"x")
    teacher = Teacher()
    again = VectorCache(teacher, tmp_path / "cache")
    np.testing.assert_array_equal(again(DOCS)[2], Teacher()(DOCS)[2])
    assert teacher.n_docs == 1  # The probe.


def test_a_cache_of_another_teacher_is_refused(tmp_path):
    VectorCache(Teacher(), tmp_path)
    others = [
        lambda docs: [2 * array for array in Teacher()(docs)],
        lambda docs: [array[:, :1] for array in Teacher()(docs)],
    ]
    for other in others:
        with pytest.raises(
            ValueError, match="must have the vectors of this model, of width"
        ):
            VectorCache(other, tmp_path)


def test_a_cache_takes_no_folder_of_other_files(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path, tmp_path / "file"):
        with pytest.raises(FileExistsError, match="is no cache of vectors"):
            VectorCache(Teacher(), folder)


@pytest.mark.parametrize("text", ["", "[[[", "[1, 2]", '"a"', "[" * 9999])
def test_a_cache_with_a_damaged_probe_is_refused(tmp_path, text):
    (tmp_path / "probe.json").write_text(text)
    with pytest.raises(ValueError, match=r"is damaged|of another one"):
        VectorCache(Teacher(), tmp_path)


def test_a_transformer_can_be_the_teacher(tmp_path):
    pytest.importorskip("torch")
    from tests.transformers.builders import make_transformer

    model = Tok2VecTransformer(TransformerWrapper(make_transformer()))
    objective = make(model, loss="L2", cache=tmp_path)
    width = objective.head.get_dim("nO")
    truth = np.concatenate(model.predict(DOCS))
    assert truth.shape == (5, width)
    loss = objective.loss(OPS, DOCS, np.arange(5), truth)
    # The word without characters has no pieces. The others were rounded.
    assert loss.count == 4
    assert float(loss.total) == pytest.approx(0, abs=1e-4)


def test_a_loss_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="PretrainTeacher: loss must be cosine or L2"):
        PretrainTeacher(Teacher(), loss="l1")
