import pytest

from zoo.corpora import write_docs
from zoo.doc import Doc

from .conftest import PATHS


def test_corpora_are_described(zoo_cli, config):
    code, out, err = zoo_cli("debug", "data", config, *PATHS, "--labels", "1")
    assert (code, err) == (0, "")
    lines = {line.split("  ")[0]: line.split() for line in out.splitlines()}
    assert lines["documents"][1] == lines["documents"][2] != "0"
    assert lines["also in training"][-1] == lines["documents"][1]
    assert "label" in lines
    assert "and 2 more" in out
    assert "with the words of a training document" in out


def test_a_sound_corpus_gets_no_warning(zoo_cli, config):
    docs = [Doc(["a", str(i)], tags=["X", "Y"]) for i in range(200)]
    write_docs(docs, "a.conllu")
    write_docs([Doc(["1", "2"], tags=["X", "Y"])], "b.conllu")
    paths = "--paths.train", "a.conllu", "--paths.dev", "b.conllu"
    code, out, _ = zoo_cli("debug", "data", config, *paths)
    assert code == 0
    assert "Nothing to warn of." in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "corpora.train.path: no file is named. Pass --paths.train FILE."),
        ((), "corpora.dev.path: no file is named. Pass --paths.dev FILE."),
        (("--paths.train", "no.conllu"), "no.conllu does not exist"),
        (
            (*PATHS, "--training.dev_corpus", "corpora.deb"),
            "training.dev_corpus: there is no section [corpora.deb]. Did you mean "
            "'corpora.dev'?",
        ),
        (
            (*PATHS, "--training.dev_corpus", "null"),
            "training.dev_corpus: expected the section of a corpus",
        ),
        ((*PATHS, "--corpora.dev.limits", "1"), "corpora.dev.limits: there is no such"),
    ],
)
def test_what_cannot_be_described_is_refused(zoo_cli, config, arguments, message):
    code, _, err = zoo_cli("debug", "data", config, *arguments)
    assert code == 1
    assert message in err


@pytest.mark.filterwarnings("default:.*a.bio. 1 word without a label")
def test_what_was_not_read_is_printed(zoo_cli, config, tmp_path):
    (tmp_path / "a.bio").write_text("Ann\tB-PER\nx\t_\n")
    paths = "--paths.train", "a.bio", "--paths.dev", "a.bio"
    code, out, err = zoo_cli("debug", "data", config, *paths)
    assert code == 0
    assert "warning: a.bio: 1 word without a label of an entity, the first in" in err
    assert "1 word of the training corpus whose entities are unknown, beside" in out
