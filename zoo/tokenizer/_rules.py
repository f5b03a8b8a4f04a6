"""Hold what the tokenizer knows: characters, patterns, and words split by a list."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

# ruff: noqa: SIM905
# Split strings: these lists are data, and a quote around each hides them.


#: The words that a chunk of text is split into, each with its norm, or None for the
#: norm that it has by itself.
Pieces = tuple[tuple[str, str | None], ...]

_PUNCT = r"…,:;!?¿؟¡()\[\]{}<>_#*&。？！，、；：～·।،۔؛٪"
_QUOTES = "'\"”“`‘´’‚„»«「」『』（）〔〕【】《》〈〉⟦⟧"
_CURRENCY = "$£€¥฿₠-₿﷼"
_ICONS = (
    "\u00a6\u00a9\u00ae\u00b0\u2100\u2101\u2103-\u2106\u2108\u2109\u2114\u2116\u2117"
    "\u211e-\u2123\u2195-\u2199\u219c-\u219f\u21a1\u21a2\u21a4\u21a5\u21a7-\u21ad"
    "\u21af-\u21cd\u21d0\u21d1\u21d3\u21d5-\u21f3\u2300-\u2307\u230c-\u231f"
    "\u2322-\u2328\u232b-\u237b\u237d-\u239a\u23b4-\u23db\u23e2-\u2426\u249c-\u24e9"
    "\u2500-\u25b6\u25b8-\u25c0\u25c2-\u25f7\u2600-\u266e\u2670-\u2767\u2794-\u27bf"
    "\u2800-\u28ff\u2b00-\u2b2f\u2b45\u2b46\u2b4d-\u2bff\u3004\u3012\u3013\u3020"
    "\u3036\u3037\u303e\u303f\u3200-\u321e\u3260-\u327f\u3297\u3299\ufffc\ufffd"
    "\U0001d100-\U0001d164\U0001f000-\U0001f10f\U0001f12f-\U0001f1e5"
    "\U0001f1e6-\U0001f3fa\U0001f400-\U0001faff"
)
_LETTER = r"[^\W\d_]"
_HYPHEN = "(?:---?|——|[-–—~])"
_TONE = "[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff]*"
# A pictogram with what belongs to it: variants, skin tones, parts joined to one; a
# flag is two letters.
_EMOJI = (
    f"(?:[\U0001f1e6-\U0001f1ff]{{2}}|[{_ICONS}]{_TONE}(?:\u200d[{_ICONS}]{_TONE})*)"
)
_UNITS = "|".join(
    sorted(
        """
        km km² km³ m m² m³ dm dm² dm³ cm cm² cm³ mm mm² mm³ ha µm nm yd in ft kg g mg
        µg t lb oz m/s km/h kmh mph hPa Pa mbar mb MB kb KB gb GB tb TB T G M K % км
        км² км³ м м² м³ дм дм² дм³ см см² см³ мм мм² мм³ нм кг г мг м/с км/ч кПа Па
        мбар Кб КБ кб Мб МБ мб Гб ГБ гб Тб ТБ тб
        """.split(),
        key=len,
        reverse=True,
    )
)

# Faces at the end of a word: eyes, perhaps a nose, mouths; and hearts.
_FACE = r"[:;=]['’]?-?(?:\)+|\(+|[/|*\]\[}>])|</?3+"

#: What is split off in front.
PREFIX: Final = re.compile(
    rf"{_EMOJI}|''|’’|\.\.+|\+(?![0-9])|(?:US|C|A)\$|[§%=—–{_PUNCT}{_QUOTES}{_CURRENCY}]"
)
#: What is split off at the end, but for points.
SUFFIX: Final = re.compile(
    rf"(?:{_EMOJI}|{_FACE}|''|’’|['’][sS]|[—–{_PUNCT}{_QUOTES}]"
    rf"|(?<=[0-9])(?:\+|(?:US|C|A)\$|[{_CURRENCY}]|{_UNITS}))\Z"
)
#: Characters after which a point ends a sentence, besides letters and digits.
BEFORE_POINT: Final = frozenset(
    "%²-+" + _QUOTES + _PUNCT.replace("\\", "").replace("…", "")
)
#: What separates words within a chunk. A point does only from lower to upper case.
INFIX: Final = re.compile(
    rf"\.\.+|…|{_EMOJI}|(?<=[0-9])[+\-*^](?=[0-9-])"
    rf"|(?<=[^\W\d_{_QUOTES}])\.(?=[^\W\d_{_QUOTES}])|(?<={_LETTER}),(?={_LETTER})"
    rf"|(?<=[^\W_]){_HYPHEN}(?={_LETTER})|(?<=[^\W_])[:<>=/](?={_LETTER})"
)
#: A web or mail address. No part of it can match in two ways, so it takes no longer
#: than the chunk is long.
ADDRESS: Final = re.compile(
    r"(?:[\w+.\-]{2,}://)?(?:[^\s@]+@)?"
    r"(?:\d{1,3}(?:\.\d{1,3}){3}"
    r"|(?:[A-Za-z0-9\u00a1-\uffff][A-Za-z0-9\u00a1-\uffff_\-]{0,63}\.)+"
    r"[^\W\d_A-Z]{2,63})"
    r"(?::\d{2,5})?(?:[/?#]\S*)?"
)

_EMOTICONS = r"""
    \") <space> '' C++ =| <333 </3 :-D (= xDD o_o (-8 :-} :(( (._.) :() O.o >:( ): :-]
    >.> :-/ O_O :)) 0_o ¯\(ツ)/¯ -_- :X (-: (^_^) [= :o (*_*) =/ :1 o.o :p >:o O.O :)))
    (ಠ_ಠ) 8D :0 :-3 ಠ︵ಠ o_O 0.o =( <33 <3 ><(((*> ^__^ o.0 :( V.V :D :-P :-* :'( :* :x
    :o) ]= :'-) =) 0_0 8-) ^_^ :-p :P (╯°□°）╯︵┻━┻ :-O :-0 ;-) 0.0 (>_<) :| (-; :-) :-x
    [: =D ;_; O_o :-> :-o 8) (o: :) :((( XDD @_@ ._. :'-( (; XD :-))) :> :O (: :') :-(
    (-_-) xD -__- ^___^ :-(( v_v =[ ;-D :-X V_V :} o_0 :/ (¬_¬) v.v o.O :-| ;D <.< )-:
    ;) >.< :] :3 [-: :-((( :-)) 8-D =3 ಠ_ಠ =] :’( :’-) :’-( :’) ’’ ’ ' — \t \n
    a. b. c. d. e. f. g. h. i. j. k. l. m. n. o. p. q. r. s. t. u. v. w. x. y. z. ä. ö.
    ü.
"""
_ABBREVIATIONS = """
    a.m. Adm. Bros. co. Co. Corp. D.C. Dr. e.g. E.g. E.G. Gen. Gov. i.e. I.e. I.E. Inc.
    Jr. Ltd. Md. Messrs. Mo. Mont. Mr. Mrs. Ms. p.m. Ph.D. Prof. Rep. Rev. Sen. St. vs.
    v.s. 'd and/or w/o=without Mt.=Mount Ak.=Alaska Ala.=Alabama Apr.=April
    Ariz.=Arizona Ark.=Arkansas Aug.=August Calif.=California Colo.=Colorado
    Conn.=Connecticut Dec.=December Del.=Delaware Feb.=February Fla.=Florida Ga.=Georgia
    Ia.=Iowa Id.=Idaho Ill.=Illinois Ind.=Indiana Jan.=January Jul.=July Jun.=June
    Kan.=Kansas Kans.=Kansas Ky.=Kentucky La.=Louisiana Mar.=March Mass.=Massachusetts
    Mich.=Michigan Minn.=Minnesota Miss.=Mississippi N.C.=North_Carolina
    N.D.=North_Dakota N.H.=New_Hampshire N.J.=New_Jersey N.M.=New_Mexico N.Y.=New_York
    Neb.=Nebraska Nebr.=Nebraska Nev.=Nevada Nov.=November Oct.=October Okla.=Oklahoma
    Ore.=Oregon Pa.=Pennsylvania S.C.=South_Carolina Sep.=September Sept.=September
    Tenn.=Tennessee Va.=Virginia Wash.=Washington Wis.=Wisconsin em=them 'em=them
    ll=will 'll=will nuff=enough 'nuff=enough 'S='s 's='s ‘S='s ‘s='s 're=are
    'bout=about doin=doing Doin=doing doin'=doing Doin'=doing goin=going Goin=going
    goin'=going Goin'=going nothin=nothing Nothin=nothing nothin'=nothing
    Nothin'=nothing nuthin=nothing Nuthin=nothing nuthin'=nothing Nuthin'=nothing ol=old
    Ol=old ol'=old Ol'=old somethin=something Somethin=something somethin'=something
    Somethin'=something lovin=loving Lovin=loving lovin'=loving Lovin'=loving
    havin=having Havin=having havin'=having Havin'=having 'Cause=because 'cause=because
    'cos=because 'Cos=because 'coz=because 'Coz=because 'cuz=because 'Cuz=because
    ma'am=madam Ma'am=madam o'clock=o'clock O'clock=o'clock
"""
# Words; what may follow them without a space, after an apostrophe (written ~ here);
# and what may without one. An ending is one or several words, each with its norm.
_ENDINGS = (
    ("i", "~m=am ~m=am|a=gonna", "m m=am|a=gonna"),
    (
        "i you he she it we they who what when where why how there that this these"
        " those",
        "~ll=will ~ll=will|~ve=have ~d='d ~d=would|~ve=have",
        "ll=will ll=will|ve=have d='d d=would|ve=have",
    ),
    ("i you we they", "~ve=have", "ve=have"),
    ("you we they", "~re=are", "re=are"),
    ("he she it who what when where why how there that this", "~s='s", "s"),
    ("who what when where why how there these those", "~re=are ~ve", "re=are ve=have"),
    ("could might must should would", "~ve", "ve"),
    ("not", "~ve=have", "ve=have"),
    ("how", "~d|~y=you", ""),
    ("let", "~s=us", ""),
    (
        "ca=can could do does did=do had=have may might must need ought sha=shall "
        "should wo=will would",
        "n~t=not n~t=not|~ve=have",
        "nt=not nt=not|ve=have",
    ),
    ("ai are is was were have has dare", "n~t=not", "nt=not"),
)
# Without an apostrophe these are other words.
_OTHER_WORDS = frozenset("ill its hell shell shed were well whore".split())
_SPLIT = """
    can|not Can|not gon=going|na=to Gon=going|na=to got|ta=to Got|ta=to y'=you|all
    y=you|all c'm=come|on C'm=come|on
"""


@cache
def check_language(lang: str) -> str:
    """Give the code of a language in lower case; ValueError if it is none."""
    if not re.fullmatch("[a-z]{2,3}", lang.lower()):
        raise ValueError(
            f"Tokenizer: lang must be a code of two or three letters, such as 'en', or "
            f"'xx' for any language, got {lang!r}."
        )
    return lang.lower()


def exceptions(lang: str) -> dict[str, Pieces]:
    """Give the chunks that are not split by rule, and the words that they hold.

    lang: For "en" they include contractions and abbreviations of English. For any
        other there are only emoticons, degrees, and single letters before a point.

    Returns the same dictionary each time, which must not be changed.
    """
    found: dict[str, Pieces] = {text: ((text, None),) for text in _EMOTICONS.split()}
    for scale in "cfkCFK":
        found[f"°{scale}."] = (("°", None), (scale, None), (".", None))
    if lang == "en":
        english = map(_read_pieces, [*_ABBREVIATIONS.split(), *_SPLIT.split()])
        for pieces in (*english, *_contractions(), *_times()):
            for mark in "'’":
                marked = tuple((word.replace("'", mark), n) for word, n in pieces)
                found["".join(word for word, _ in marked)] = marked
    return found


def _contractions() -> Iterator[Pieces]:
    for words, *endings in _ENDINGS:
        for word in words.split():
            for ending in (e for group in endings for e in group.split()):
                pieces = _read_pieces(f"{word}|{ending.replace('~', chr(39))}")
                if "".join(piece for piece, _ in pieces) not in _OTHER_WORDS:
                    yield pieces
                    (first, norm), *rest = pieces
                    yield (first.capitalize(), norm), *rest


def _times() -> Iterator[Pieces]:
    for hour in range(1, 13):
        for half in ("a.m.", "p.m."):
            yield (str(hour), None), (half, None)
            yield (str(hour), None), (half.replace(".", ""), half)


def _read_pieces(text: str) -> Pieces:
    """Read ``written=norm|written``; an underscore in a norm is a blank."""
    pieces = (piece.partition("=") for piece in text.split("|"))
    return tuple((word, norm.replace("_", " ") or None) for word, _, norm in pieces)
