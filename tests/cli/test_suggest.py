def test_rows_are_suggested(zoo_cli, tmp_path):
    (tmp_path / "c.jsonl").write_text('{"tokens": ["Snow", "fell", "on", "snow"]}\n')
    options = ["--features", "NORM, SUFFIX", "--width", 1000]
    code, out, _ = zoo_cli("suggest", "rows", "c.jsonl", *options)
    assert code == 0
    titles, norm, suffix, _, setting, legend = out.splitlines()
    assert titles.split() == ["feature", "keys", "rows", "crowded", "confused", "MB"]
    assert norm.split()[:2] == ["NORM", "3"] and suffix.split()[:2] == ["SUFFIX", "3"]
    rows = [line.split()[2] for line in (norm, suffix)]
    assert setting == f"rows = [{', '.join(rows)}]"
    assert float(norm.split()[-1]) == round(int(rows[0]) * 1000 * 4 / 1e6, 2)
    assert legend.startswith("crowded: ")


def test_an_unknown_feature_is_refused(zoo_cli, tmp_path):
    (tmp_path / "c.jsonl").write_text('{"tokens": ["Snow"]}\n')
    code, _, err = zoo_cli("suggest", "rows", "c.jsonl", "--features", "NORMS")
    assert code == 1 and "got 'NORMS'. Did you mean NORM?" in err
