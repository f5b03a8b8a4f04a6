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


def test_layers_come_with_arguments_and_types(zoo_cli):
    code, out, _ = zoo_cli("list", "layers")
    assert code == 0
    lines = {line.split()[0]: line for line in out.splitlines()[1:]}
    assert {name for name in lines if name.startswith("zoo.")} == {
        name for name in zoo.registry.layers.get_all() if name.startswith("zoo.")
    }
    norm = lines["zoo.MaxoutNorm.v1"].split(maxsplit=1)[1]
    assert norm.startswith("(nO=null, nI=null, nP=3, dropout=0.0, init_W=glorot_unif")
    assert norm.endswith("): Floats2d -> Floats2d")
    encoder = lines["zoo.Tok2Vec.v1"].split(maxsplit=1)[1]
    assert encoder == "(embed, encode): documents -> list of Floats2d"


def test_ready_made_models_are_listed(zoo_cli):
    code, out, _ = zoo_cli("list", "models")
    assert code == 0
    title, heads, *lines = out.splitlines()
    assert title == "models" and heads.split()[:3] == ["name", "for", "needs"]
    assert [line.split()[0] for line in lines] == zoo.list_models()


def test_models_that_are_pretrained(zoo_cli):
    code, out, _ = zoo_cli("list", "models", "--pretrained")
    names = [line.split()[0] for line in out.splitlines()]
    assert code == 0 and names == ["name", "hash-cnn-medium", "hash-cnn-small"]
    code, _, err = zoo_cli("list", "layers", "--pretrained")
    assert code == 1 and "only models are pretrained, got 'layers'" in err
