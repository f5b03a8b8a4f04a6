"""Define the rules of the tokenizer: characters, patterns and exceptions."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from .._lexical.symbols import DOMAIN_UNCASED

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
#: More symbols, as ranges of their code points.
_MORE_ICONS = """
    482 58d-58e 60e-60f 6de 6e9 6fd-6fe 7f6 9fa b70 bf3-bf8 bfa c7f d4f d79 f01-f03 f13
    f15-f17 f1a-f1f f34 f36 f38 fbe-fc5 fc7-fcc fce-fcf fd5-fd8 109e-109f 1390-1399 1940
    19de-19ff 1b61-1b6a 1b74-1b7c 2125 2127 2129 212e 213a-213b 214a 214c-214d 214f
    218a-218b 2440-244a 2ce5-2cea 2e80-2e99 2e9b-2ef3 2f00-2fd5 2ff0-2ffb 3190-3191
    3196-319f 31c0-31e3 322a-3247 3250 328a-3296 3298 329a-32b0 32c0-32fe 3300-33ff
    4dc0-4dff a490-a4c6 a828-a82b a836-a837 a839 aa77-aa79 fdfd ffe4 ffe8 ffed-ffee
    10137-1013f 10179-10189 1018c-1018e 10190-1019b 101a0 101d0-101fc 10877-10878 10ac8
    1173f 16b3c-16b3f 16b45 1bc9c 1d000-1d0f5 1d16a-1d16c 1d183-1d184 1d18c-1d1a9
    1d1ae-1d1e8 1d200-1d241 1d245 1d300-1d356 1d800-1d9ff 1da37-1da3a 1da6d-1da74
    1da76-1da83 1da85-1da86 1ecac 1f110-1f12e
"""


def _ranges(pairs: Iterable[tuple[int, int]]) -> str:
    """Write ranges of code points, first to last, for a set of a pattern."""
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in pairs)


def _read_ranges(text: str) -> Iterator[tuple[int, int]]:
    for part in text.split():
        first, _, last = part.partition("-")
        yield int(first, 16), int(last or first, 16)


_ICONS += _ranges(_read_ranges(_MORE_ICONS))
#: Scripts without case, the signs of their vowels and their digits, too.
_UNCASED = _ranges(DOMAIN_UNCASED)
_LETTER = rf"[^\W\d_]|[{_UNCASED}]"
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
        мбар Кб КБ кб Мб МБ мб Гб ГБ гб Тб ТБ тб كم كم² كم³ م م² م³ سم سم² سم³ مم مم²
        مم³ غرام جرام جم كغ ملغ كوب اكواب
        """.split(),
        key=len,
        reverse=True,
    )
)

#: What is split off in front.
PREFIX: Final = re.compile(
    rf"{_EMOJI}|\.\.+|\+(?![0-9])|(?:US|C|A)\$|[§%=—–{_PUNCT}{_QUOTES}{_CURRENCY}]"
)
#: What is split off at the end, but for points.
SUFFIX: Final = re.compile(
    rf"(?:{_EMOJI}|['’][sS]|[—–{_PUNCT}{_QUOTES}]"
    rf"|(?<=[0-9])(?:\+|(?:US|C|A)\$|[{_CURRENCY}]|{_UNITS}))\Z"
)
#: Characters after which a point ends a sentence, besides letters and digits.
BEFORE_POINT: Final = frozenset(
    "%²-+|" + _QUOTES + _PUNCT.replace("\\", "").replace("…", "")
)
#: What a point that a sentence ends with may follow, besides `BEFORE_POINT`, letters
#: and digits: marks of scripts without case.
UNCASED: Final = re.compile(f"[{_UNCASED}]")


@cache
def infix(lang: str) -> re.Pattern[str]:
    """Return what separates words within a chunk.

    A point does so only from lower to upper case, which `Tokenizer` checks.

    Args:
        lang: In "en" a hyphen separates a word from a number before it, too.
    """
    before_hyphen = rf"{_LETTER}|[0-9]" if lang == "en" else _LETTER
    return re.compile(
        rf"\.\.+|…|{_EMOJI}|(?<=[0-9])[+\-*^](?=[0-9-])"
        rf"|(?<={_LETTER}|[,{_QUOTES}])\.(?={_LETTER}|[,{_QUOTES}])"
        rf"|(?<={_LETTER}),(?={_LETTER})"
        rf"|(?<={before_hyphen}){_HYPHEN}(?={_LETTER})"
        rf"|(?<={_LETTER}|[0-9])[:<>=/](?={_LETTER})"
    )


_HOST = r"[A-Za-z0-9\u00a1-\uffff]"
#: A web or mail address. No part of it can match in two ways, so it takes no longer
#: than the chunk is long. Its first group is the top-level domain.
_ADDRESS: Final = re.compile(
    r"(?:[\w+.\-]{2,}://)?(?:[^\s@]+@)?"
    r"(?:(?!(?:10|127)(?:\.\d{1,3}){3})(?!(?:169\.254|192\.168)(?:\.\d{1,3}){2})"
    r"(?!172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})"
    r"(?:[1-9]\d?|1\d\d|2[01]\d|22[0-3])(?:\.(?:1?\d{1,2}|2[0-4]\d|25[0-5])){2}"
    r"\.(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-4])"
    rf"|(?:(?:{_HOST}(?:[A-Za-z0-9\u00a1-\uffff_\-]{{0,62}}{_HOST})?)\.)+"
    rf"((?:{_LETTER}){{2,63}}))"
    r"(?::\d{2,5})?(?:[/?#]\S*)?"
)


def is_address(text: str) -> bool:
    """Check whether a text is a web or mail address as a whole.

    No letter of the top-level domain is a capital, so that a sentence that ends right
    before another is none.
    """
    found = _ADDRESS.fullmatch(text) if "." in text else None
    return found is not None and (found[1] is None or not _has_capital(found[1]))


def _has_capital(text: str) -> bool:
    return any(map(str.isupper, text))


_EMOTICONS = r"""
    \") <space> '' C++ =| <333 </3 :-D (= xDD o_o (-8 :-} :(( (._.) :() O.o >:( ): :-]
    >.> :-/ O_O :)) 0_o ¯\(ツ)/¯ -_- :X (-: (^_^) [= :o (*_*) =/ :1 o.o :p >:o O.O :)))
    (ಠ_ಠ) 8D :0 :-3 ಠ︵ಠ o_O 0.o =( <33 <3 ><(((*> ^__^ o.0 :( V.V :D :-P :-* :'( :* :x
    :o) ]= :'-) =) 0_0 8-) ^_^ :-p :P (╯°□°）╯︵┻━┻ :-O :-0 ;-) 0.0 (>_<) :| (-; :-) :-x
    [: =D ;_; O_o :-> :-o 8) (o: :) :((( XDD @_@ ._. :'-( (; XD :-))) :> :O (: :') :-(
    (-_-) xD -__- ^___^ :-(( v_v =[ ;-D :-X V_V :} o_0 :/ (¬_¬) v.v o.O :-| ;D <.< )-:
    ;) >.< :] :3 [-: :-((( :-)) 8-D =3 ಠ_ಠ =] ' — \t \n
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
    """Return the code of a language in lower case; raise ValueError if it is none."""
    if not re.fullmatch("[a-z]{2,3}", lang.lower()):
        raise ValueError(
            f"Tokenizer: lang must be a code of two or three letters, such as 'en', or "
            f"'xx' for any language, got {lang!r}."
        )
    return lang.lower()


def exceptions(lang: str) -> dict[str, Pieces]:
    """Return the chunks that are not split by rule, and the words that they hold.

    Args:
        lang: For "en" they include contractions and abbreviations of English. For any
            other there are only emoticons, degrees, and single letters before a point.

    Returns:
        The words by chunk; the same dictionary each time, which must not be changed.
    """
    found: dict[str, Pieces] = {text: ((text, None),) for text in _EMOTICONS.split()}
    for scale in "cfkCFK":
        found[f"°{scale}."] = (("°", None), (scale, None), (".", None))
    if lang == "en":
        curly = [text.replace("'", "’") for text in found if "'" in text]
        found |= {text: ((text, None),) for text in curly}
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
