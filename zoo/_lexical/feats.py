"""Convert morphological features into a form that can be compared."""

from collections.abc import Mapping

#: How many are kept in their normal form.
MAX_FEATS = 1 << 16


def split_feats(feats: str | None) -> dict[str, str | None]:
    """Split features such as "Case=Acc,Dat|Number=Sing" into names and values.

    Several values of a feature are sorted. A feature without "=" has the value None. If
    a feature occurs twice, the last value is used. None, "" and "_" have no features.
    """
    if not feats or feats == "_":
        return {}
    pairs = (feature.partition("=") for feature in feats.split("|"))
    return {name: _sorted(values) if sign else None for name, sign, values in pairs}


def join_feats(feats: Mapping[str, str | None]) -> str:
    """Join features that `split_feats` returned, sorted; "" if there are none."""
    parts = (n if value is None else f"{n}={value}" for n, value in feats.items())
    return "|".join(sorted(parts))


class NormalFeats(dict[str, str]):
    """Features with names and values sorted, by features in any order; "" for none.

    A bounded number is kept; a look-up takes half the time of a call.
    """

    def __missing__(self, feats: str) -> str:
        if len(self) >= MAX_FEATS:
            self.clear()
        normal = self[feats] = join_feats(split_feats(feats))
        return normal


NORMAL_FEATS = NormalFeats()


def normal_feats(feats: str) -> str:
    """Return features with names and values sorted; "" for none.

    ``normal_feats("Number=Sing|Case=Dat,Acc") == "Case=Acc,Dat|Number=Sing"``

    Source:
        The form of spaCy 3.8, `Morphology.normalize_features`.
    """
    return NORMAL_FEATS[feats]


def _sorted(values: str) -> str:
    return ",".join(sorted(values.split(","))) if "," in values else values
