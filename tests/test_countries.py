"""Promises of the country resolver: right or refused, hardly ever wrong, and quick on a million rows."""

import time
from pathlib import Path

import pandas as pd
import pytest

from popresearch import countries
from popresearch.countries import names as country_names
from popresearch.countries import resolving
from popresearch.countries.spelling import accented, key
from popresearch.reference import read
from popresearch.wording import LANGUAGES

FIXTURES = Path(__file__).parent / "fixtures"
ALL = read("m49_regions_names.csv").set_index("iso3")
ALIASES = read("country_aliases.csv")
ASK = read("country_ask.csv")
NEVER_GUESSED = {"COG", "GIN", "GEO", "GRD", "GLP"}  # their name in some language is asked about


# The first list grew with the tables. The second was written before them, without sight of code or tables, and
# measured once before they were mended by it (right 995 of 1,168 that name a country, wrong 5 of 1,369); its labels
# stand. The third was written after that and measured once; nothing was mended by it.
LISTS = {
    "country_spellings.csv": 800,
    "country_spellings_unseen.csv": 1300,
    "country_spellings_later.csv": 300,
}


def spellings(name: str = "country_spellings.csv") -> pd.DataFrame:
    """Resolve a list and judge it: right, wrong, refused though resolvable, rightly refused."""
    table = pd.read_csv(FIXTURES / name, dtype=str, keep_default_na=False)
    is_code = table["kind"] == "codes in a code column"
    table["match"] = [
        countries.resolve(text, is_code=code) for text, code in zip(table["spelling"], is_code, strict=True)
    ]
    found = table["match"].map(lambda match: " ".join(sorted(match.iso3)))
    expected = table["iso3"].map(lambda codes: " ".join(sorted(codes.split())))
    table["verdict"] = "wrong"
    table.loc[found == "", "verdict"] = "refused"
    table.loc[found == expected, "verdict"] = "right"
    table.loc[(found == "") & (expected == ""), "verdict"] = "rightly refused"
    return table


@pytest.mark.parametrize(("name", "least"), LISTS.items())
def test_of_a_list_of_spellings_19_in_20_are_found_and_fewer_than_1_in_200_is_wrong(name: str, least: int):
    table = spellings(name)
    score = table["verdict"].value_counts()
    print(pd.crosstab(table["kind"], table["verdict"], margins=True).to_string())
    print(table.loc[table["verdict"].isin(["wrong", "refused"]), ["spelling", "iso3", "match"]].to_string())
    assert len(table) >= least
    assert score["right"] / (table["iso3"] != "").sum() >= 0.95
    assert score.get("wrong", 0) / len(table) < 0.005


def test_a_refusal_names_no_country_and_a_match_says_how():
    for match in pd.concat([spellings(name) for name in LISTS])["match"]:
        assert (match.confidence == "refused") == (not match.iso3)
        assert match.how and not (match.iso3 and match.candidates)
        assert {*match.iso3, *match.candidates} <= {*ALL.index}


@pytest.mark.parametrize("text", ["NA", "na", "N/A", "n/a", " na "])
def test_na_is_namibia_in_a_column_of_codes_and_no_answer_elsewhere(text: str):
    assert countries.resolve(text).iso3 == ()
    assert countries.resolve("NA", is_code=True).iso3 == ("NAM",)
    assert countries.resolve("Namibia").iso3 == ("NAM",)


def test_every_code_is_its_country_in_a_column_of_codes():
    for iso3, iso2 in ALL["iso2"].items():
        for text in (iso3, iso2, iso2.lower()):
            assert countries.resolve(text, is_code=True).iso3 == (iso3,)


def test_every_flag_is_its_country():
    for iso3, iso2 in ALL["iso2"].items():
        flag = "".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in iso2)
        assert countries.resolve(flag).iso3 == (iso3,)
    assert countries.resolve("Guinea \U0001f1ec\U0001f1f3").iso3 == ("GIN",)
    assert countries.resolve("Kenya \U0001f1fa\U0001f1ec").candidates == ("UGA", "KEN")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_official_name_is_found_or_asked_about(language: str):
    for iso3, name in ALL[f"name_{language}"].items():
        for text in (name, name.upper(), f"  {name}. "):
            match = countries.resolve(text)
            is_asked = iso3 in NEVER_GUESSED and iso3 in match.candidates
            assert match.iso3 == (iso3,) or is_asked, (text, match)


def test_every_alias_leads_to_its_country_and_says_why():
    for row in ALIASES.itertuples():
        assert countries.resolve(row.spelling).iso3 == (row.iso3,), row
        assert row.why


def test_every_spelling_to_ask_about_is_refused_with_its_candidates():
    for row in ASK.itertuples():
        match = countries.resolve(row.spelling)
        is_alone = row.why.startswith(resolving.ALONE)
        assert match.iso3 == (tuple(row.candidates.split()[:1]) if is_alone else ()), row
        assert is_alone or match.candidates == tuple(row.candidates.split()), row
        assert row.why and {*row.candidates.split()} <= {*ALL.index}


def test_no_spelling_stands_twice_in_the_tables():
    spelled = pd.concat([ALIASES["spelling"], ASK["spelling"]])
    assert not spelled.duplicated().any()
    is_short = ALIASES["spelling"].map(lambda text: len(key(text)) <= 3 and not accented(text).isascii())
    aliases, ask = (
        {key(text) for text in table} for table in (ALIASES.loc[~is_short, "spelling"], ASK["spelling"])
    )
    assert not aliases & ask


@pytest.mark.parametrize("language", ["en", "es", "fr", "ru"])
def test_a_letter_dropped_or_two_swapped_never_lead_to_another_country_by_likeness(language: str):
    n_close = 0
    for iso3, name in ALL[f"name_{language}"].items():
        if len(name) > 24 or iso3 in {"CCK", "COK"}:  # Cocos, Cook: one slip apart
            continue
        slips = [name[:at] + name[at + 1 :] for at in range(1, len(name))]
        slips += [name[:at] + name[at + 1] + name[at] + name[at + 2 :] for at in range(1, len(name) - 1)]
        for slip in slips:
            match = countries.resolve(slip)
            n_close += match.confidence == "close"
            assert match.confidence != "close" or match.iso3 == (iso3,), (name, slip, match)
    assert n_close > 1000


@pytest.mark.parametrize(
    ("one", "other"),
    [("Austria", "Australia"), ("Niger", "Nigeria"), ("Slovakia", "Slovenia"), ("Iran", "Iraq"),
     ("Mali", "Malawi"), ("Dominica", "Dominican Republic"), ("Sudan", "South Sudan"),
     ("Ireland", "Northern Ireland"), ("Guinea-Bissau", "Equatorial Guinea"),
     ("Samoa", "American Samoa"), ("Gambia", "Zambia")],
)  # fmt: skip
def test_neighbours_in_the_alphabet_stay_apart(one: str, other: str):
    first, second = countries.resolve(one), countries.resolve(other)
    assert first.iso3 and second.iso3 and first.iso3 != second.iso3


def test_united_state_of_america_is_not_palestine():
    assert countries.resolve("United State of America").iso3 == ("USA",)


def test_a_city_named_like_a_country_does_not_bring_it_in():
    assert countries.resolve("Lebanon (USA)").iso3 == ()
    assert countries.resolve("Lebanon, Tennessee, USA").iso3 == ()
    assert countries.resolve("Granada, España").iso3 == ("ESP",)


@pytest.mark.parametrize(
    ("text", "iso3"),
    [("CÃ´te d'Ivoire", "CIV"), ("РљРµРЅРёСЏ", "KEN"), ("C√¥te d'Ivoire", "CIV"), ("S\ufffdn\ufffdgal", "SEN"),
     ("<p>Kenya</p>", "KEN"), ("Trinidad &amp; Tobago", "TTO"), ("1. Ghana", "GHA"), ("Ke\u200bnya", "KEN")],
)  # fmt: skip
def test_what_a_file_did_to_an_answer_is_undone(text: str, iso3: str):
    assert countries.resolve(text).iso3 == (iso3,)


@pytest.mark.parametrize(
    ("text", "candidates"),
    [("Nairobi", ("KEN",)), ("Nairobi and Kampala", ("KEN", "UGA")), ("Kenyan living in Germany", ("KEN", "DEU")),
     ("not Kenya", ("KEN",)), ("born in Ghana, Togo", ("TGO", "GHA")), ("born in the capital, Togo", ("TGO",)),
     ("Miriam Jordan", ()), ("Air France", ("FRA",)),
     ("Kenya or Uganda", ()), ("Haiti/DR", ("HTI", "DOM", "COD")), ("Angela", ()), ("Indira", ("IND",))],
)  # fmt: skip
def test_a_city_a_denial_a_birthplace_and_a_persons_name_are_no_countries(
    text: str, candidates: tuple[str, ...]
):
    match = countries.resolve(text)
    assert match.iso3 == () and match.candidates == candidates


@pytest.mark.parametrize(
    ("text", "iso3"),
    [("Tbilisi, Georgia", "GEO"), ("Atlanta, Georgia", "USA"), ("Goma, Congo", "COD"), ("Brazzaville, Congo", "COG"),
     ("Georgia", "GEO"), ("Georgia, USA", "USA"), ("Conakry, Guinea", "GIN")],
)  # fmt: skip
def test_a_city_settles_a_name_of_two_countries(text: str, iso3: str):
    assert countries.resolve(text).iso3 == (iso3,)


def test_confidence_and_how_say_which_evidence_decided():
    table = {
        "KEN": ("exact", "code in capitals"), "Kenya": ("exact", "name"), "Kenyan": ("alias", "word for its people"),
        "в Казахстане": ("alias", "name in another case"), "Gaborone, Botswana": ("alias", "in a part"),
        "Venezuala": ("close", "slip"), "Nakawa Uganda": ("alias", "name after a place"),
        "Congo": ("refused", "ask"), "Kenya; Uganda": ("exact", "list of countries"),
    }  # fmt: skip
    for text, (confidence, how) in table.items():
        match = countries.resolve(text)
        assert match.confidence == confidence and match.how.startswith(how), (text, match)


def test_twenty_thousand_different_answers_take_seconds():
    answers = [
        f"{text} {n}x" for n in range(15) for text in spellings("country_spellings_unseen.csv")["spelling"]
    ]
    start = time.process_time()
    for answer in answers:
        countries.resolve(answer)
    assert len({*answers}) > 20_000 and time.process_time() - start < 20


def test_what_is_said_about_an_answer_does_not_repeat_it():
    for text, match in spellings()[["spelling", "match"]].itertuples(index=False):
        assert len(text) < 4 or text.casefold() not in match.how.casefold(), match.how
    assert "quark" not in str(countries.resolve("My name is Zebulon Quark, call me, Kenya")).casefold()


def test_a_column_keeps_its_rows_and_refuses_two_countries_with_both_as_candidates():
    answers = pd.Series(["Kenya", None, "Kenya and Uganda", "Congo", "Kenya"], index=[9, 7, 5, 3, 1])
    table = countries.resolve_column(answers)
    assert list(table.index) == [9, 7, 5, 3, 1]
    assert list(table["iso3"]) == ["KEN", "", "", "", "KEN"]
    assert list(table["candidates"]) == ["", "", "KEN UGA", "COG COD", ""]
    assert list(table["confidence"]) == ["exact", "refused", "refused", "refused", "exact"]


def test_a_column_of_nothing_is_a_table_of_nothing():
    table = countries.resolve_column(pd.Series([], dtype=str))
    assert table.empty and list(table.columns) == ["iso3", "confidence", "how", "candidates"]


def test_a_column_of_1_7_million_rows_takes_seconds():
    answers = pd.Series([*spellings()["spelling"], *(f"place {n}, Kenya" for n in range(2000))])
    many = answers.sample(1_700_000, replace=True, random_state=1).reset_index(drop=True)
    start = time.process_time()
    table = countries.resolve_column(many)
    assert time.process_time() - start < 10
    assert len(table) == 1_700_000


def test_the_index_is_built_in_about_a_second():
    country_names.names.cache_clear()
    start = time.process_time()
    country_names.names()
    assert time.process_time() - start < 2


@pytest.mark.parametrize("text", ["and " * 250, "Kenya, " * 140, "(" * 900, "la la " * 160, "x and " * 2000])
def test_a_long_answer_costs_little(text: str):
    start = time.process_time()
    countries.resolve(text)
    assert time.process_time() - start < 2
