"""Which country does an answer name? By codes, flags, names in 100 languages, slips; never by a guess."""

import re
from functools import lru_cache

import pandas as pd

from popresearch.countries.lookup import CITY, NO_NAME, Match, refused, whole
from popresearch.countries.names import codes, names
from popresearch.countries.parts import (
    DENYING,
    MOST_WORDS,
    TERRITORIES,
    beside,
    chinese,
    in_a_row,
    listed,
    together,
)
from popresearch.countries.slips import close
from popresearch.countries.spelling import clean, is_framing, joined, key, plain, unframed

LONGEST = 1000  # letters of an answer that is read at all
ALONE = "alone the country"  # so begins why to ask about "Georgia" beside another place only
PEOPLES_NAMES = set(
    "jordan chad israel ireland holland dominica trinidad britain".split()
)  # after another word
PLACES = re.compile(r"[,،、，()（）\[\]]|\s[-–—]\s")  # a smaller place may stand beside the country
LISTS = re.compile(r"[;؛；|/\n]|(?:^|\s)\d{1,2}[.)]\s")
# Scotland's flag is a black flag, the letters "gbsct" as tags, and an end; Kenya's is "KE" in flag letters.
TAGS = re.compile("\U0001f3f4([\U000e0061-\U000e007a]{2})[\U000e0061-\U000e007a]+\U000e007f")
INDICATORS = re.compile("([\U0001f1e6-\U0001f1ff])([\U0001f1e6-\U0001f1ff])")


@lru_cache(maxsize=65536)
def resolve(text: str, *, is_code: bool = False) -> Match:
    """Find the countries in a free-text answer, or refuse with candidates.

    Evidence in this order; the first that speaks decides, and `confidence` and `how` say which it was:

    1. exact: a code in a column of codes (`is_code`: "NA" is Namibia there, and "not answered" everywhere else);
    2. exact: a flag, if the words beside it do not name another country;
    3. refused: a spelling of country_ask.csv, whatever other names it may be;
    4. exact: a code in capitals, then a name of CLDR or of the United Nations' list, in any language;
    5. alias: a row of country_aliases.csv, then a name in another grammatical case;
    6. the parts of a list or of "city, country" by 3 to 5, with the confidence of the weakest part; a city alone
       is refused with its country as candidate, but settles which Congo is meant beside it;
    7. close: a slip of one country's name;
    8. alias: a country's name at the end, after words that are no sentence ("Mombasa Kenya").

    Each is tried on the answer as it stands and without what names no country ("I live in", "Republic of", "1.").
    `how` never repeats the answer. Several countries keep their order; "Lebanon, USA" is two.
    """
    if len(text) > LONGEST:
        return refused("too long for a list of countries")
    text = clean(text)
    if is_code and (code := codes().get(text.upper())):
        return Match((code,), "exact", "code")
    flags, rest = _take_flags(text)
    match = _words(rest)
    if not flags:
        return match
    doubts = match.iso3 or match.candidates
    if "" in flags or (match.iso3 and match.iso3 != flags) or (doubts and not {*flags} <= {*doubts}):
        doubts = flags + doubts
        return refused("a flag that is no country's, or that differs from the words", doubts)
    return Match(flags, "exact", "flag")


def resolve_column(values: pd.Series, *, is_code: bool = False) -> pd.DataFrame:
    """Resolve answers that should name one country: `iso3`, `confidence`, `how`, `candidates` (by spaces).

    Each spelling is looked at once. An answer that names several is refused, with those as candidates; use
    `resolve` where several are allowed. A missing value is refused like an empty one.
    """
    places, spellings = pd.factorize(values.fillna("").astype(str))
    found = [_single(resolve(spelling, is_code=is_code)) for spelling in spellings]
    rows = [(" ".join(one.iso3), one.confidence, one.how, " ".join(one.candidates)) for one in found]
    table = pd.DataFrame(rows, columns=["iso3", "confidence", "how", "candidates"], dtype="str")
    return table.take(places).set_axis(values.index)


def _single(match: Match) -> Match:
    return match if len(match.iso3) < 2 else refused(f"names {len(match.iso3)} countries", match.iso3)


def _words(text: str) -> Match:
    """Resolve text without flags: as a whole, then in parts, then as a slip, then by its last words."""
    if not any(character.isalpha() for character in text):
        return refused("no letters")
    match = whole(text)
    if match and match.how == CITY:
        return refused("a city, and no country beside it", match.iso3)
    if match and match.how.startswith(f"ask: {ALONE}"):
        return Match(match.candidates[:1], "alias", "the country, not the part of another that has its name")
    return match or _parts(text) or _close(text)


def _parts(text: str) -> Match | None:
    """Resolve "city, country" and lists; None when no part is known: the whole may be a slip of one name."""
    pieces = [piece for piece in LISTS.split(text) if key(piece)]
    if len(pieces) > 1:
        return together([_list_piece(piece) for piece in pieces], is_place=False, is_list=True)
    pieces = [piece for piece in PLACES.split(text) if key(piece)]
    if len(pieces) > 1:
        found = [whole(piece) or listed(piece) or beside(piece) for piece in pieces]
        return together(found, is_place=True, is_list="(" not in text)
    return listed(text) or in_a_row(text) or chinese(text)


def _list_piece(piece: str) -> Match:
    """Resolve a piece between semicolons and the like; an unknown abbreviation there may be a country's."""
    match = _words(piece)
    if match.how == NO_NAME and re.fullmatch("[A-Z]{2,4}", piece.strip(" .")):
        return refused("an abbreviation that is not known")
    return match


def _close(text: str) -> Match:
    """Resolve a slip of one name, or else the country at the end ("Mombasa Kenya")."""
    slip = close(text)
    return slip if slip.how != NO_NAME or slip.candidates else _after_place(text) or slip


def _after_place(text: str) -> Match | None:
    """Take the country that ends an answer after words that may be a place, and are no part of a longer name.

    Not where a sentence stands between ("born in Chad"), and not what is a person's name too ("Miriam Jordan").
    A known city of the country may stand in a sentence ("J'habite à Bamako au Mali").
    """
    words = plain(unframed(text)).split()
    for start in range(1, len(words) if len(words) <= MOST_WORDS else 0):
        name = joined(" ".join(words[start:]))
        code = names().names.get(name) or names().aliases.get(name, ("", ""))[0]
        if not code or name in names().ask or len(name) < 3:
            continue
        place = unframed(" ".join(words[:start])).split()
        is_city = names().cities.get(joined(" ".join(place))) == code
        others = names().last_words.get(name, set()) - {code, *TERRITORIES.get(code, "").split()}
        is_phrase = len(place) < start or any(is_framing(word) or word in DENYING for word in place)
        if is_city or not (others or is_phrase or name in PEOPLES_NAMES or len(place) > 3):
            return Match((code,), "alias", "name after a place")
        return None
    return None


def _take_flags(text: str) -> tuple[tuple[str, ...], str]:
    """Take flags out of a text: their countries ("" for a flag that is no country's), and what is left."""
    pairs = ["".join(chr(ord(letter) - 0x1F1A5) for letter in pair) for pair in INDICATORS.findall(text)]
    pairs += ["".join(chr(ord(tag) - 0xE0020) for tag in tags) for tags in TAGS.findall(text)]
    flags = tuple(dict.fromkeys(codes().get(pair, "") for pair in pairs))
    return flags, INDICATORS.sub(" ", TAGS.sub(" ", text)).strip()
