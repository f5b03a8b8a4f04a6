"""List forms of overrides, with the values that they set."""

FORMS = [
    (["--a.b", "2"], 2),
    (["--a.b=2"], 2),
    (["--a.b", "-1"], -1),
    (["--a.b", "1e-3"], 0.001),
    (["--a.b"], True),
    (["--a.b", "true"], True),
    (["--a.b=false"], False),
    (["--a.b", "True"], True),
    (["--a.b=None"], None),
    (["--a.b", "null"], None),
    (["--a.b", '["x", "y"]'], ["x", "y"]),
    (["--a.b", '{"x": 1}'], {"x": 1}),
    (["--a.b", "x,y"], "x,y"),
    (["--a.b", "some file.conllu"], "some file.conllu"),
    (["--a.b", '"quoted"'], "quoted"),
    (["--a.b", "'single'"], "'single'"),
    (["--a.b=x=y"], "x=y"),
    (["--a.b="], ""),
    (["--a.b", "${c.d}"], "${c.d}"),
]
