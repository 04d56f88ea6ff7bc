"""Countries named in the parts of an answer: "A and B", "city, country", words in a row, Chinese without spaces."""

import re

from popresearch.countries.lookup import CITY, CODE, NO_NAME, REGION, Match, refused, whole
from popresearch.countries.names import GROUP, PARTS, names
from popresearch.countries.slips import close
from popresearch.countries.spelling import CHINESE, is_framing, joined, plain, unframed

MOST_WORDS = 12  # of an answer whose words are read one by one
TERRITORIES = {  # "San Juan, Puerto Rico, USA" is one place, in the territory
    "AUS": "CCK CXR HMD NFK", "CHN": "HKG MAC TWN", "DNK": "FRO GRL", "FIN": "ALA",
    "FRA": "ATF BLM GLP GUF MAF MTQ MYT NCL PYF REU SPM WLF", "NLD": "ABW BES CUW SXM",
    "GBR": "AIA BMU CYM FLK GGY GIB IMN IOT JEY MSR PCN SGS SHN TCA VGB",
    "NOR": "BVT SJM", "NZL": "COK NIU TKL", "USA": "ASM GUM MNP PRI UMI VIR",
}  # fmt: skip
DENYING = set(  # words beside which a country is not the one that is meant
    "not no non nie sauf except excluding outside without but born formerly former ex né née nacido nacida nasci "
    "geboren nicht pas excepto menos кроме не родился родилась ليس ما غير little near anti pro or ou oder или".split()
)
DENYING |= {plain(word) for word in DENYING}
CHINESE_DIVISIONS = "省市县縣区區州镇鎮都道府"
AND = re.compile(
    r"\s+(?:and|et|y|e|und|и|та|dan|na|ve|và|और|এবং|ও|اور)\s+|\s*[&+和与與及]\s*|(?<=\w)[-–—](?=\w)|\s+و(?=\S)",
    re.I,
)


def beside(piece: str) -> Match:
    """Resolve an unknown piece beside others: a slip, or a place; but one that names a country is in doubt."""
    slip = close(piece)
    if slip.how != NO_NAME:
        return slip
    words, known = plain(piece).split(), names()
    runs = [joined(" ".join(words[at : at + n])) for n in (1, 2, 3) for at in range(len(words) - n + 1)]
    named = tuple(known.names[run] for run in runs if len(run) > 3 and run in known.names)
    is_wider = any(run in known.regions or known.ask.get(run, ("", ""))[1].startswith(GROUP) for run in runs)
    if named or is_wider or DENYING & {*words}:
        return refused("a part that says more than a place", named)
    return slip


def together(found: list[Match], *, is_place: bool, is_list: bool) -> Match | None:
    """Weigh the parts: one country beside unknown places is sure; two need every part to be a country.

    A part that asks ("Georgia") is settled by one of its candidates beside it; a slip settles nothing.
    """
    sure = [match for match in found if match.iso3 and match.confidence != "close"]
    unsure = [match for match in found if match not in sure and not _is_wider(match, is_place=is_place)]
    named = tuple(dict.fromkeys(code for match in sure for code in match.iso3))
    if is_place:
        named = tuple(code for code in named if not {*TERRITORIES.get(code, "").split()} & {*named})
    doubts = tuple(code for match in unsure for code in match.iso3 + match.candidates)
    if not named or (not {*named} & {*doubts} and all(match.how == CITY for match in sure)):
        return refused("no part is one country for certain", named + doubts) if named + doubts else None
    if any(one.how != NO_NAME and not {*one.iso3, *one.candidates} & {*named} for one in unsure):
        return refused("a part is no country, or another one", named + doubts)
    is_smaller = is_place and any(match.how.startswith(PARTS) for match in sure)
    if len(named) > 1 and (unsure or is_smaller or not is_list):
        return refused("more than one country beside another place", named)
    return _joined(sure, named)


def _is_wider(match: Match, *, is_place: bool) -> bool:
    """Say whether a part is a region about a country beside it ("Ghana, West Africa")."""
    return match.how == REGION or (is_place and match.how.startswith(f"ask: {GROUP[0]}"))


def _joined(found: list[Match], named: tuple[str, ...]) -> Match:
    weakest = max((match.confidence for match in found), key=["exact", "alias", "close"].index)
    how = "list of countries" if len(named) > 1 else f"in a part of the answer: {found[0].how}"
    return Match(named, weakest, how)


def listed(text: str) -> Match | None:
    """Resolve "A and B", or codes in a row; the longest known run counts ("Trinidad and Tobago")."""
    words = text.split()
    if len(words) > 1 and all(re.fullmatch("[A-Z]{3}", word) and whole(word) for word in words):
        found = [match for word in words if (match := whole(word))]
    else:
        found = _runs(text, [0, *(cut for match in AND.finditer(text) for cut in match.span()), len(text)])
    named = tuple(dict.fromkeys(code for match in found for code in match.iso3))
    if found and all(match.iso3 for match in found):
        n_cities = sum(match.how == CITY for match in found)
        is_sure = not n_cities or (len(named) == 1 and n_cities < len(found))
        return _joined(found, named) if is_sure else refused("cities, and no country beside each", named)
    doubts = named + tuple(code for match in found for code in match.candidates)
    if not doubts or (slip := close(text)).iso3:
        return slip if doubts else None
    return refused("a part of the list is not known", doubts)


def _runs(text: str, cuts: list[int]) -> list[Match]:
    """Match the pieces between "and"s (`cuts`: starts and ends by turns), joining what makes one name."""
    found, start = [], 0
    while start < len(cuts) and len(cuts) > 2:
        ends = range(len(cuts) - 1, start, -2)
        known = ((end, match) for end in ends if (match := whole(text[cuts[start] : cuts[end]])))
        end, match = next(known, (start + 1, refused(NO_NAME)))
        found.append(match)
        start = end + 1
    return found


def in_a_row(text: str) -> Match | None:
    """Resolve names that only spaces part ("Dakar Sénégal", "Kenya Uganda"); every word must be one of a name."""
    spans = [word.span() for word in re.finditer(r"\S+", text)]
    if not 1 < len(spans) <= MOST_WORDS:
        return None
    found = _runs(text, [cut for span in spans for cut in span])
    if any(match.how == NO_NAME for match in found) or not any(match.iso3 for match in found):
        return None
    match = together(found, is_place=True, is_list=True)
    if match is None or len(match.iso3) < 2:
        return match
    # "PR China", "Kenyan living in Germany": a code or a people beside a country make no list, nor does a sentence.
    is_list = len({one.how == CODE for one in found}) == 1 and not any(
        one.how.startswith("word for") for one in found
    )
    is_sentence = any(is_framing(word) for word in plain(text).split())
    return match if is_list and not is_sentence else refused("several countries, and no list", match.iso3)


def chinese(text: str) -> Match | None:
    """Resolve Chinese without spaces: a country, then a territory, a city, or what ends like a province."""
    text = unframed(text)
    for cut in range(len(text) - 1, 1, -1) if CHINESE.fullmatch(text) else ():
        if (first := whole(text[:cut])) and first.iso3:
            rest = whole(text[cut:]) or whole(text[cut:].rstrip(CHINESE_DIVISIONS) or text)
            if rest or text[-1] in CHINESE_DIVISIONS:
                return together([first, rest or refused(NO_NAME)], is_place=True, is_list=True)
    return None
