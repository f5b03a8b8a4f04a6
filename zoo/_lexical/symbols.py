"""List spaCy's fixed tables: small ids of some strings, base norms, domains."""

from collections.abc import Mapping
from typing import Final

# ruff: noqa: SIM905
# Split strings: these lists are data, which quotes would make hard to read.


# The first id of each run of ids, and the names in the order of their ids.
_NAMES: Final[dict[int, list[str]]] = {
    0: ["", *"IS_ALPHA IS_ASCII IS_DIGIT IS_LOWER IS_PUNCT IS_SPACE".split()],
    7: "IS_TITLE IS_UPPER LIKE_URL LIKE_NUM LIKE_EMAIL IS_STOP".split(),
    13: "IS_OOV_DEPRECATED IS_BRACKET IS_QUOTE IS_LEFT_PUNCT".split(),
    17: "IS_RIGHT_PUNCT IS_CURRENCY".split(),
    19: [f"FLAG{i}" for i in range(19, 64)],
    64: "ID ORTH LOWER NORM SHAPE PREFIX SUFFIX LENGTH CLUSTER LEMMA POS".split(),
    75: "TAG DEP ENT_IOB ENT_TYPE HEAD SENT_START SPACY PROB LANG".split(),
    84: "ADJ ADP ADV AUX CONJ CCONJ DET INTJ NOUN NUM PART PRON PROPN".split(),
    97: "PUNCT SCONJ SYM VERB X EOL SPACE".split(),
    104: [f"DEPRECATED{i:03}" for i in range(1, 277)],
    380: "PERSON NORP FACILITY ORG GPE LOC PRODUCT EVENT WORK_OF_ART".split(),
    389: "LANGUAGE LAW DATE TIME PERCENT MONEY QUANTITY ORDINAL CARDINAL".split(),
    398: "acomp advcl advmod agent amod appos attr aux auxpass cc ccomp".split(),
    409: "complm conj cop csubj csubjpass dep det dobj expl hmod hyph".split(),
    420: "infmod intj iobj mark meta neg nmod nn npadvmod nsubj nsubjpass".split(),
    431: "num number oprd obj obl parataxis partmod pcomp pobj poss".split(),
    441: "possessive preconj prep prt punct quantmod relcl rcmod root".split(),
    450: "xcomp acl ENT_KB_ID MORPH ENT_ID IDX _".split(),
}

#: The strings whose id is a small number instead of their hash. Some are words
#: ("agent", "X", "_"), whose rows in hashed tables depend on that id.
SYMBOLS: Final[Mapping[str, int]] = {
    name: first + i for first, names in _NAMES.items() for i, name in enumerate(names)
}

# Norms, with the words that have them.
_NORMED: Final[dict[str, str]] = {
    "'s": "'s 'S ’s ’S",
    "'": "’ ‘ ´ `",
    '"': "” “ '' `` ´´ „ » « ‘‘ ’’",
    "?": "？",
    "!": "！",
    ",": "，",
    ";": "；",
    ":": "：",
    ".": "。 ।",
    "...": "…",
    "-": "— – -- --- ——",
    "$": "€ £ ¥ ฿ US$ C$ A$ ₺ ₹ ৳ ₩ Mex$ ₣ E£",
}

#: The words whose norm is not their lower-case form, in every language.
BASE_NORMS: Final[Mapping[str, str]] = {
    word: norm for norm, words in _NORMED.items() for word in words.split()
}

BRACKETS: Final = frozenset("()[]{}<>")
QUOTES: Final = frozenset("\" ' ` « » ‘ ’ ‚ ‛ “ ” „ ‟ ‹ › ❮ ❯ '' ``".split())
LEFT_PUNCT: Final = frozenset("( [ { < \" ' « ‘ ‚ ‛ “ „ ‟ ‹ ❮ ``".split())
RIGHT_PUNCT: Final = frozenset(") ] } > \" ' » ’ ” › ❯ ''".split())

#: The endings that make a word with a dot look like a URL.
TOP_LEVEL_DOMAINS: Final[frozenset[str]] = frozenset(
    """
    com org edu gov net mil aero asia biz cat coop info int jobs mobi museum name
    pro tel travel xyz icu xxx ac ad ae af ag ai al am an ao aq ar as at au aw ax az
    ba bb bd be bf bg bh bi bj bm bn bo br bs bt bv bw by bz ca cc cd cf cg ch ci ck
    cl cm cn co cr cs cu cv cx cy cz dd de dj dk dm do dz ec ee eg eh er es et eu fi
    fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn
    hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky
    kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms
    mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl
    pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so
    sr ss st su sv sy sz tc td tf tg th tj tk tl tm tn to tp tr tt tv tw tz ua ug uk
    us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw
    """.split()
)

# fmt: off
#: Code points, first to last, that the end of a domain may have if they are
#: lower-case letters (Latin, Greek, Cyrillic) ...
DOMAIN_LOWER: Final[tuple[tuple[int, int], ...]] = (
    (0x61, 0x7A), (0xDF, 0x2AF), (0x3AC, 0x3AF), (0x3B1, 0x3C9), (0x3CC, 0x3CE),
    (0x430, 0x451), (0x453, 0x45A), (0x45C, 0x45D), (0x491, 0x491), (0x497, 0x497),
    (0x4A3, 0x4A3), (0x4AF, 0x4AF), (0x4BB, 0x4BB), (0x4D9, 0x4D9), (0x4E9, 0x4E9),
    (0x1D00, 0x1D25), (0x1D6B, 0x1EFF), (0x2C61, 0x2C7B), (0xA723, 0xA7B9),
    (0xA7FA, 0xAB64), (0xFF41, 0xFF5A),
)
#: ... and those it may have as they are: the blocks of scripts without case.
DOMAIN_UNCASED: Final[tuple[tuple[int, int], ...]] = (
    (0x294, 0x294), (0x591, 0x5F4), (0x620, 0x64A), (0x66E, 0x6D5), (0x6E5, 0x6FF),
    (0x750, 0x77F), (0x8A0, 0x8BD), (0x900, 0x9FF), (0xB80, 0xCFF), (0xD80, 0xDFF),
    (0x1100, 0x137F), (0x2E80, 0x2FDF), (0x2FF0, 0x30FF), (0x31C0, 0x31EF),
    (0x3200, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7AF), (0xF900, 0xFAFF),
    (0xFB1D, 0xFBB1), (0xFBD3, 0xFD3D), (0xFD50, 0xFDC7), (0xFDF0, 0xFDFB),
    (0xFE30, 0xFE4F), (0xFE70, 0xFEFC), (0x1EE00, 0x1EEBB), (0x1F200, 0x1F2FF),
    (0x20000, 0x2A6DF), (0x2A700, 0x2EBEF), (0x2F800, 0x2FA1F),
)
# fmt: on
