"""Put morphological features into the form in which they can be compared."""

from collections.abc import Mapping
from functools import lru_cache


def split_feats(feats: str | None) -> dict[str, str | None]:
    """Split features such as "Case=Acc,Dat|Number=Sing" into names and values.

    Several values of a feature are sorted. What has no "=" has the value None. Of a
    feature that is there twice, the last value counts. None, "" and "_" have none.
    """
    if not feats or feats == "_":
        return {}
    pairs = (feature.partition("=") for feature in feats.split("|"))
    return {name: _sorted(values) if sign else None for name, sign, values in pairs}


def join_feats(feats: Mapping[str, str | None]) -> str:
    """Join what `split_feats` made, sorted; "" if there is nothing."""
    parts = (n if value is None else f"{n}={value}" for n, value in feats.items())
    return "|".join(sorted(parts))


@lru_cache(maxsize=1 << 16)
def normal_feats(feats: str) -> str:
    """Return features sorted, and the values of each one, too; "" for none.

    ``normal_feats("Number=Sing|Case=Dat,Acc") == "Case=Acc,Dat|Number=Sing"``

    Source: the form in which spaCy 3.8 keeps them, `Morphology.normalize_features`.
    """
    return join_feats(split_feats(feats))


def _sorted(values: str) -> str:
    return ",".join(sorted(values.split(","))) if "," in values else values
