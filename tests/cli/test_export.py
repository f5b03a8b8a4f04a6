import zoo


def test_an_encoder_is_written_for_spacy(zoo_cli, tmp_path):
    code, out, err = zoo_cli("export", "hash-cnn-small", "encoder.bin")
    assert code == 0
    assert 'init_tok2vec = "encoder.bin"' in out
    assert "spacy.MultiHashEmbed.v2" in out and "spacy init fill-config" in err
    file = tmp_path / "encoder.bin"
    model = zoo.create_model("hash-cnn-small", pretrained=True)
    before = model.predict([["Snow"]])[0].copy()
    zoo.interop.spacy.load_weights(model, file.read_bytes())
    assert (model.predict([["Snow"]])[0] == before).all()
    code, _, err = zoo_cli("export", "hash-cnn-small", "encoder.bin")
    assert code == 1 and "Pass --overwrite to replace it" in err
    assert zoo_cli("export", "hash-cnn-small", "encoder.bin", "--overwrite")[0] == 0


def test_what_cannot_be_exported_is_refused(zoo_cli, model):
    code, _, err = zoo_cli("export", "hash-cnn-smal", "encoder.bin")
    assert code == 1 and "Did you mean 'hash-cnn-small'?" in err
    code, _, err = zoo_cli("export", model, "encoder.bin")
    assert code == 1 and "is not an encoder that was pretrained" in err
