import zoo


def test_list_names_everything_with_a_line(zoo_cli):
    code, out, _ = zoo_cli("list")
    assert code == 0
    for kind in zoo.registry.kinds():
        assert f"\n{kind}\n" in f"\n{out}"
    lines = {
        line.split()[0]: line for line in out.splitlines() if line.startswith("  ")
    }
    for kind in (
        "architectures",
        "batchers",
        "factories",
        "loggers",
        "readers",
        "layers",
    ):
        for name in getattr(zoo.registry, kind).get_all():
            assert name in lines
            # spaCy, where it is imported, puts layers of its own into this registry.
            is_ours = name.startswith("zoo.") or kind != "layers"
            if is_ours and name.startswith(("zoo.", "spacy")):
                assert len(lines[name].split()) > 3, f"{name} needs a line on it"


def test_list_names_one_kind(zoo_cli):
    code, out, _ = zoo_cli("list", "batchers")
    assert code == 0
    assert "zoo.batch_by_words.v1" in out
    assert "zoo.Tok2Vec.v1" not in out
    code, _, err = zoo_cli("list", "batcher")
    assert code == 1
    assert "there is no registry 'batcher'. Did you mean 'batchers'?" in err
