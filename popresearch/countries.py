"""Which country does an answer name? By codes, flags, names in 100 languages, slips; never by a guess."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

import pandas as pd
from babel import localedata
from rapidfuzz import process
from rapidfuzz.distance import OSA

from popresearch.reference import read
from popresearch.wording import LANGUAGES

LONGEST = 1000  # letters of an answer that is read at all
SHORTEST = 5  # letters of a name that may hold a slip
NO_NAME, REGION = "no country has this name", "region, not a country"
# CLDR also has names in small and constructed languages; they resolve few answers, but many words by chance:
# one calls India "End", another Morocco "Moloko", and Toki Pona calls Latvia "Malawi".
SPOKEN = set(
    "af am as az be bg bn bs ca ceb ckb cs cy da de el et eu fa fi fil ga gl gu ha he hi hr ht hu hy id "
    "ig is it ja jv ka kk km kn ko ku ky lb lo lt lv mg mk ml mn mr ms mt my nb ne nl nn no om or pa pl "
    "ps pt ro sd si sk sl so sq sr sv sw ta te tg th ti tk tr tt ug uk ur uz vi wo xh yue zu".split()
)
CLDR_PARTS = {"IC": "ESP", "EA": "ESP", "CP": "FRA", "AC": "SHN", "TA": "SHN", "DG": "IOT"}  # not in ISO
OTHER_CODES = {"UK": "GBR", "EL": "GRC"}  # as the European Union writes them
ALWAYS_ASK = {"GIN": "guinea", "MAF": "saintmartin"}  # asked about in every language
TERRITORIES = {  # "San Juan, Puerto Rico, USA" is one place, in the territory
    "AUS": "CCK CXR HMD NFK", "CHN": "HKG MAC TWN", "DNK": "FRO GRL", "FIN": "ALA",
    "FRA": "ATF BLM GLP GUF MAF MTQ MYT NCL PYF REU SPM WLF", "NLD": "ABW BES CUW SXM",
    "GBR": "AIA BMU CYM FLK GGY GIB IMN IOT JEY MSR PCN SGS SHN TCA VGB",
    "NOR": "BVT SJM", "NZL": "COK NIU TKL", "USA": "ASM GUM MNP PRI UMI VIR",
}  # fmt: skip
ALIKE = dict(zip("øđłıðةىیېکٱ", "odlidهيييكا", strict=True))
ALIKE |= {"æ": "ae", "œ": "oe", "þ": "th", "&": " and ", "+": " and "}
LETTERS = str.maketrans(ALIKE | dict.fromkeys("ـ'’‘ʻʼ`", ""))
WORDS = {"st": "saint", "rep": "republic", "dem": "democratic", "the": "", "of": "", "and": ""}
LEAD_IN = re.compile(
    r"^\W*(i live in|i am from|i'm from|from|in|vivo en|soy de|je vis (en|au|aux|à)|я из|из|أنا من|من)\s+",
    re.IGNORECASE,
)
PREFIX = re.compile(  # what may stand before a country's name and tells no country apart
    r"^((the|federal|federative|republic|kingdom|state|islamic|socialist|democratic|peoples|hashemite"
    r"|plurinational|bolivarian|independent|principality|commonwealth|sultanate|union|republique|royaume|etat|republica"
    r"|repubblica|republik|reino|estado|bundesrepublik|de|du|des|del|della|da|do|la|le|les|el|los|las|l|d|of"
    r"|республика|королевство|государство|جمهوريه|مملكه|المملكه|دوله)\s+)+"
)
PLACES = re.compile(r"[,،、，()（）\[\]]|\s[-–—]\s")  # a smaller place may stand beside the country
LISTS = re.compile(r"[;؛；|/\n]")
AND = re.compile(r"\s+(?:and|et|y|e|und|и)\s+|\s*[&+和与及]\s*|\s+و(?=\S)", re.I)
# Scotland's flag is a black flag, the letters "gbsct" as tags, and an end; Kenya's is "KE" in flag letters.
TAGS = re.compile("\U0001f3f4([\U000e0061-\U000e007a]{2})[\U000e0061-\U000e007a]+\U000e007f")
INDICATORS = re.compile("([\U0001f1e6-\U0001f1ff])([\U0001f1e6-\U0001f1ff])")


class _Plain(dict[int, str]):
    """Translate accents and joiners to nothing, and all but letters, vowel signs and digits to spaces."""

    def __missing__(self, point: int) -> str:
        kind, accent = unicodedata.category(chr(point)), unicodedata.combining(chr(point))
        kept = "" if kind == "Cf" or accent == 7 or 10 <= accent <= 36 or accent >= 200 else chr(point)
        self[point] = kept if kind == "Cf" or kind[0] in "LMN" else " "
        return self[point]


PLAIN = _Plain({ord("\n"): "\n"})


@dataclass(frozen=True)
class Match:
    """The countries that an answer names: none when refused; then `candidates` may say what was near."""

    iso3: tuple[str, ...]
    confidence: str  # exact, alias, close or refused
    how: str
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Index:
    """What is known by spelling, under the keys of `_key`. In `near`, "" marks what must not be guessed."""

    codes: dict[str, str]
    names: dict[str, str]
    regions: set[str]
    aliases: dict[str, tuple[str, str]]
    ask: dict[str, tuple[tuple[str, ...], str]]
    near: dict[str, tuple[str, ...]]


@lru_cache(maxsize=65536)
def resolve(text: str, *, is_code: bool = False) -> Match:
    """Find the countries in a free-text answer, or refuse with candidates.

    `is_code` says that the column holds ISO codes: "NA" is Namibia there, and "not answered" everywhere else.
    `how` never repeats the answer. Several countries keep their order; "Lebanon, USA" is two.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if is_code and (code := _index().codes.get(text.upper())):
        return Match((code,), "exact", "code")
    if len(text) > LONGEST:
        return _refused("too long for a list of countries")
    flags, rest = _take_flags(text)
    match = _words(rest)
    if not flags:
        return match
    doubts = match.iso3 or match.candidates
    if "" in flags or (match.iso3 and match.iso3 != flags) or (doubts and not {*flags} <= {*doubts}):
        doubts = flags + doubts
        return _refused("a flag that is no country's, or that differs from the words", doubts)
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
    return match if len(match.iso3) < 2 else _refused(f"names {len(match.iso3)} countries", match.iso3)


def _refused(how: str, candidates: tuple[str, ...] = ()) -> Match:
    return Match((), "refused", how, tuple(dict.fromkeys(code for code in candidates if code)))


def _words(text: str) -> Match:
    """Resolve text without flags: as a whole, then in parts, then as a slip of one name."""
    if not any(character.isalpha() for character in text):
        return _refused("no letters")
    return _whole(text) or _parts(text) or _close(text)


def _whole(text: str) -> Match | None:
    """Look an answer up as one name; what is asked about goes before all but codes in a column of codes."""
    index = _index()
    for form in _forms(text):
        key = _key(form)
        if key in index.ask:
            return _refused(f"ask: {index.ask[key][1]}", index.ask[key][0])
        if re.fullmatch("[A-Z]{2,3}", text) and text in index.codes:
            return Match((index.codes[text],), "exact", "code in capitals")
        if key in index.names:
            return Match((index.names[key],), "exact", "name")
        if key in index.aliases:
            return Match((index.aliases[key][0],), "alias", index.aliases[key][1])
        if key in index.regions:
            return _refused(REGION)
    return None


def _forms(text: str) -> list[str]:
    """Give ways to read a name: as it is, less "I live in", turned ("Korea, South"), less "Republic of"."""
    forms = [text, LEAD_IN.sub("", text)]
    if turned := re.fullmatch(r"([^,(]+)[,(]([^,()]+)\)?", text.strip(" .")):
        forms.append(f"{turned[2]} {turned[1]}")
    bare = [_bare(_plain(re.sub(r"\b([LlDd])['’]", r"\1 ", form))) for form in forms]
    return list(dict.fromkeys(form for form in forms + bare if _key(form)))


def _parts(text: str) -> Match | None:
    """Resolve "city, country" and lists; None when no part is known: the whole may be a slip of one name."""
    pieces = [piece for piece in LISTS.split(text) if _key(piece)]
    if len(pieces) > 1:
        return _together([_words(piece) for piece in pieces], is_place=False, is_list=True)
    pieces = [piece for piece in PLACES.split(text) if _key(piece)]
    if len(pieces) > 1:
        found = [_whole(piece) or _listed(piece) or _close(piece) for piece in pieces]
        return _together(found, is_place=True, is_list="(" not in text)
    return _listed(text)


def _together(found: list[Match], *, is_place: bool, is_list: bool) -> Match | None:
    """Weigh the parts: one country beside unknown places is sure; two need every part to be a country.

    A part that asks ("Georgia") is settled by one of its candidates beside it; a slip settles nothing.
    """
    sure = [match for match in found if match.iso3 and match.confidence != "close"]
    unsure = [match for match in found if match not in sure and match.how != REGION]
    named = tuple(dict.fromkeys(code for match in sure for code in match.iso3))
    if is_place:
        named = tuple(code for code in named if not {*TERRITORIES.get(code, "").split()} & {*named})
    doubts = tuple(code for match in unsure for code in match.iso3 + match.candidates)
    if not named:
        return _refused("no part is one country for certain", doubts) if doubts else None
    if any(one.how != NO_NAME and not {*one.iso3, *one.candidates} & {*named} for one in unsure):
        return _refused("a part is no country, or another one", named + doubts)
    is_smaller = is_place and any(match.how.startswith("part of") for match in sure)
    if len(named) > 1 and (unsure or is_smaller or not is_list):
        return _refused("more than one country beside another place", named)
    return _joined(sure, named)


def _joined(found: list[Match], named: tuple[str, ...]) -> Match:
    weakest = max((match.confidence for match in found), key=["exact", "alias", "close"].index)
    how = "list of countries" if len(named) > 1 else f"in a part of the answer: {found[0].how}"
    return Match(named, weakest, how)


def _listed(text: str) -> Match | None:
    """Resolve "A and B", or codes in a row; the longest known run counts ("Trinidad and Tobago")."""
    words = text.split()
    if len(words) > 1 and all(re.fullmatch("[A-Z]{3}", word) and _whole(word) for word in words):
        found = [match for word in words if (match := _whole(word))]
    else:
        found = _runs(text, [0, *(cut for match in AND.finditer(text) for cut in match.span()), len(text)])
    named = tuple(dict.fromkeys(code for match in found for code in match.iso3))
    if found and all(match.iso3 for match in found):
        return _joined(found, named)
    doubts = named + tuple(code for match in found for code in match.candidates)
    if not doubts or (slip := _close(text)).iso3:
        return slip if doubts else None
    return _refused("a part of the list is not known", doubts)


def _runs(text: str, cuts: list[int]) -> list[Match]:
    """Match the pieces between "and"s (`cuts`: starts and ends by turns), joining what makes one name."""
    found, start = [], 0
    while start < len(cuts) and len(cuts) > 2:
        ends = range(len(cuts) - 1, start, -2)
        known = ((end, match) for end in ends if (match := _whole(text[cuts[start] : cuts[end]])))
        end, match = next(known, (start + 1, _refused(NO_NAME)))
        found.append(match)
        start = end + 1
    return found


def _close(text: str) -> Match:
    """Take a spelling for a slip of the nearest name, if no name of another country is as near.

    A swap is one slip. Of 3,570 names with a random slip, 2,905 were found, 3 taken for another country.
    """
    slip, near = _undoubled(_key(_bare(_plain(text)))), _index().near
    if len(slip) < SHORTEST:
        return _refused(NO_NAME)
    found = process.extract(slip, near.keys(), scorer=OSA.distance, score_cutoff=3, limit=50)
    if not found:
        return _refused(NO_NAME)
    least, first = found[0][1], {*near[found[0][0]]}
    # Two slips may be three; and a word one slip further may mean the nearest country or another one.
    candidates = {
        code for spelling, distance, _ in found for code in near[spelling]
        if distance <= least + (least > 1) or (distance == least + 1 and first < {*near[spelling]} - {""})
    }  # fmt: skip
    if not any(_is_slip(slip, spelling, distance) for spelling, distance, _ in found if distance == least):
        return _refused(NO_NAME, tuple(sorted(candidates)) if len(candidates) < 4 else ())
    if len(candidates) > 1 or "" in candidates:
        return _refused("close to two names, or to one that is asked about", tuple(sorted(candidates)))
    return Match(tuple(candidates), "close", f"slip: {least} of {len(slip)} letters")


def _is_slip(slip: str, spelling: str, distance: int) -> bool:
    """Tell a slip from another word: one letter in seven, in five if swapped, in six if missing.

    The first letter is hardly ever wrong, and cities that look like countries often differ in it.
    """
    longest = max(len(slip), len(spelling))
    if slip[0] != spelling[0] or distance > 2:
        return False
    is_swapped = distance == 1 and sorted(slip) == sorted(spelling)
    is_missing = distance == 1 and len(slip) < len(spelling) and longest > SHORTEST
    return distance <= 0.15 * longest or is_swapped or is_missing


def _take_flags(text: str) -> tuple[tuple[str, ...], str]:
    """Take flags out of a text: their countries ("" for a flag that is no country's), and what is left."""
    pairs = ["".join(chr(ord(letter) - 0x1F1A5) for letter in pair) for pair in INDICATORS.findall(text)]
    pairs += ["".join(chr(ord(tag) - 0xE0020) for tag in tags) for tags in TAGS.findall(text)]
    flags = tuple(dict.fromkeys(_index().codes.get(pair, "") for pair in pairs))
    return flags, INDICATORS.sub(" ", TAGS.sub(" ", text)).strip()


def _plain(text: str) -> str:
    """Fold case, accents, Arabic vowels and forms of alef; keep line breaks and Indic vowel signs."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    return unicodedata.normalize("NFKC", decomposed.translate(PLAIN))


def _bare(plain: str) -> str:
    return PREFIX.sub("", " ".join(plain.split()))


def _key(text: str) -> str:
    """Give the spelling under which a name is stored: "The Côte d’Ivoire" and "cote divoire" are one."""
    return "".join(WORDS.get(token, token) for token in _plain(text).split())


def _undoubled(key: str) -> str:
    """Drop doubled letters, the commonest slip of all ("phillipines")."""
    return re.sub(r"(.)\1+", r"\1", key)


@cache
def _index() -> _Index:
    table = read("m49_regions_names.csv")
    alpha3 = dict(zip(table["iso2"], table["iso3"], strict=True))
    ours, others, regions = _cldr_names(alpha3 | CLDR_PARTS)
    for language in LANGUAGES:
        ours |= set(zip(table[f"name_{language}"], table["iso3"], strict=True))
    aliases = {_key(row.spelling): (row.iso3, row.why) for row in read("country_aliases.csv").itertuples()}
    rows = read("country_ask.csv").itertuples()
    ask = {_key(row.spelling): (tuple(row.candidates.split()), row.why) for row in rows}
    foreign = {key: code for key, code in _unambiguous(others).items() if len(key) > 3 or not key.isascii()}
    asked = {key: code for key, code in foreign.items() if code in ALWAYS_ASK and key not in aliases}
    ask = {key: ask[ALWAYS_ASK[code]] for key, code in asked.items()} | ask
    return _Index(
        codes=alpha3 | {code: code for code in table["iso3"]} | OTHER_CODES,
        names=foreign | _unambiguous(ours),
        regions={_key(region) for region in regions},
        aliases=aliases,
        ask=ask,
        near=_slip_targets(ours, aliases, ask, regions),
    )


def _slip_targets(
    names: set[tuple[str, str]],
    aliases: dict[str, tuple[str, str]],
    ask: dict[str, tuple[tuple[str, ...], str]],
    regions: set[str],
) -> dict[str, tuple[str, ...]]:
    """Collect what an answer may be a slip of, and what must not be guessed, so that its slips are refused.

    "Indiana" is too near to other words to be guessed; parts of the United Kingdom are answered as countries.
    """
    near = {_key(_bare(_plain(name))): (code,) for name, code in sorted(names)}
    for key, (code, why) in aliases.items():
        if why != "abbreviation":
            near[key] = ("", code) if why.startswith("part of") and code != "GBR" else (code,)
    near |= {_key(region): ("",) for region in sorted(regions)}
    for key, (candidates, why) in ask.items():
        if not why.startswith("may be a slip"):
            near[key] = ("", *candidates)
    undoubled: dict[str, tuple[str, ...]] = {}
    for key, codes in near.items():
        if len(key) >= SHORTEST - 1:
            undoubled[_undoubled(key)] = tuple(sorted({*undoubled.get(_undoubled(key), ()), *codes}))
    return undoubled


def _cldr_names(codes: dict[str, str]) -> tuple[set[tuple[str, str]], set[tuple[str, str]], set[str]]:
    """Collect names from CLDR: of countries in the six languages and in others, and of regions in the six."""
    ours, others, regions = set(), set(), set()
    for locale in localedata.locale_identifiers():
        language = locale.split("_")[0]
        if language not in SPOKEN.union(LANGUAGES) or re.search(r"_[A-Z]{2}$|_\d|_.*_", locale):
            continue
        for territory, name in localedata.load(locale)["territories"].items():
            if territory in codes:
                (ours if language in LANGUAGES else others).add((name, codes[territory]))
            elif territory.isdigit() and language in LANGUAGES:
                regions.add(name)
    return ours, others, regions


def _unambiguous(pairs: set[tuple[str, str]]) -> dict[str, str]:
    """Keep the names that only one country has, by key."""
    names = sorted(pairs)
    lines = _plain("\n".join(name for name, _ in names)).split("\n")  # one call for all is much faster
    found: dict[str, set[str]] = {}
    for line, (_, code) in zip(lines, names, strict=True):
        found.setdefault("".join(WORDS.get(token, token) for token in line.split()), set()).add(code)
    return {key: next(iter(codes)) for key, codes in found.items() if len(codes) == 1}
