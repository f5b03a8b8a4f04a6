def test_package_is_loaded_as_a_folder_is(zoo_cli, model, tmp_path):
    code, out, _ = zoo_cli("package", model)
    assert code == 0
    assert out.startswith("model.zip: ")
    code, shown, _ = zoo_cli("info", "model.zip")
    assert code == 0
    both = shown, zoo_cli("info", model)[1]
    first, second = ([x for x in t.splitlines()[1:] if "disk" not in x] for t in both)
    assert first == second
    (tmp_path / "in.txt").write_text("dogs run\n")
    for source, target in [(model, "a.jsonl"), ("model.zip", "b.jsonl")]:
        assert zoo_cli("apply", source, "in.txt", "-o", target)[0] == 0
    assert (tmp_path / "a.jsonl").read_text() == (tmp_path / "b.jsonl").read_text()


def test_package_replaces_no_file_unless_told(zoo_cli, model, tmp_path):
    (tmp_path / "a.zip").write_text("mine")
    code, _, err = zoo_cli("package", model, "-o", "a.zip")
    assert code == 1
    assert "a.zip is there already. Pass --overwrite" in err
    assert (tmp_path / "a.zip").read_text() == "mine"
    assert zoo_cli("package", model, "-o", "a.zip", "--overwrite")[0] == 0
