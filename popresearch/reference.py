"""The reference room: countries, their names in six languages, regions, population, internet use, shapes.

`python -m popresearch.reference` writes the hashes of changed files into data/catalogue.csv.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from babel import Locale

from popresearch import files
from popresearch.faults import bad_input, did_you_mean
from popresearch.wording import LANGUAGES, ROOT, checked_language

if TYPE_CHECKING:
    import geopandas as gpd

POPULATION_YEAR = 2022
EQUAL_EARTH = "+proj=eqearth +datum=WGS84 +units=km +no_defs"  # EPSG:8857, but in kilometres
COUNTRY_COLUMNS = ["iso2", "m49", "region", "subregion", *(f"name_{language}" for language in LANGUAGES)]


def folder() -> Path:
    """Give the folder of the reference files."""
    return ROOT / "data" / "reference"


def read(name: str) -> pd.DataFrame:
    """Read one reference table as text; "NA" is Namibia here, never a missing value."""
    return pd.read_csv(folder() / name, dtype=str, keep_default_na=False)


@cache
def catalogue() -> pd.DataFrame:
    """Read the catalogue of reference files, indexed by file name."""
    return read("../catalogue.csv").set_index("file")


def record_hashes() -> None:
    """Write the SHA-256 of every catalogued file into the catalogue; a file without a row is added bare."""
    table = catalogue().reindex(sorted(path.name for path in folder().iterdir()), fill_value="")
    table["sha256"] = [files.sha256(folder() / name) for name in table.index]
    files.write_text(folder().parent / "catalogue.csv", table.to_csv(index_label="file", lineterminator="\n"))


@cache
def countries() -> pd.DataFrame:
    """Give the 249 countries and areas of ISO 3166-1, indexed by `iso3`; treat the result as read-only.

    Figures are those of the source or missing, never interpolated. `population_under_18` is of
    `population_year`, `internet_users_pct` of each country's latest `internet_year`, in `internet_vintage`.
    Antarctica, which M49 puts in no region, is its own region and sub-region.
    """
    table = read("m49_regions_names.csv").set_index("iso3")
    table["m49"] = table["m49"].str.zfill(3)
    for column in ("region", "subregion"):
        table[column] = table[column].where(table[column].ne(""), table["name_en"])
    return short_names(table)[COUNTRY_COLUMNS].join(population_under_18()).join(internet_use()).sort_index()


def short_names(table: pd.DataFrame) -> pd.DataFrame:
    """Replace official names by the short ones of CLDR, but for the countries in name_choices.csv."""
    chosen = read("name_choices.csv").set_index("iso3")
    for language in LANGUAGES:
        short = table["iso2"].map(dict(Locale(language).territories))
        keep = table.index.isin(chosen.index) | short.isna()
        table[f"name_{language}"] = short.where(~keep, table[f"name_{language}"])
        given = chosen.loc[chosen[f"name_{language}"].ne(""), f"name_{language}"]
        table.loc[given.index, f"name_{language}"] = given
    return table


def population_under_18() -> pd.DataFrame:
    """Give persons aged 0 to 17 by country, and the year; 230 countries have a figure."""
    table = read("population_2022.csv").set_index("iso3")
    persons = pd.to_numeric(table["gm_pop_0_17_2022"]).astype("Int64").dropna()
    return pd.DataFrame({"population_under_18": persons, "population_year": POPULATION_YEAR}).astype("Int64")


def internet_use() -> pd.DataFrame:
    """Give the share of people using the internet in the latest year each country has, in per cent."""
    table = read("internet_users_pct.csv").astype({"year": "Int64", "value": float})
    latest = table.sort_values("year").groupby("iso3").last()
    latest = latest.rename(columns={"year": "internet_year", "value": "internet_users_pct"})
    vintage = catalogue().loc["internet_users_pct.csv", "vintage"]
    return latest[["internet_users_pct", "internet_year"]].assign(internet_vintage=vintage)


@cache
def income_groups() -> pd.Series:
    """Give the World Bank's income group of 215 economies by `iso3` (High, Upper middle, Lower middle, Low), as of 2022 and 2023."""
    table = read("wb_income_region.csv").set_index("iso3")
    groups = table["income_hdx"]
    return groups[groups.ne("")].sort_index()


@cache
def region_names() -> pd.DataFrame:
    """Give world, regions and sub-regions of M49, indexed by three-digit code: `level` and six names."""
    return read("m49_region_names.csv").set_index("code")


def region_name(code_or_name: str | int, language: str) -> str:
    """Name an M49 region or sub-region, given by code or English name, in one of the six languages."""
    names = region_names()
    asked = str(code_or_name).strip()
    code = (
        asked.zfill(3)
        if asked.isdigit()
        else dict(zip(names["name_en"], names.index, strict=True)).get(asked)
    )
    if code not in names.index:
        raise bad_input(
            "m49_region_names.csv",
            f"{asked!r} is not an M49 region or sub-region." + did_you_mean(asked, names["name_en"]),
            "Give its code or its English name.",
        )
    return names.loc[code, f"name_{checked_language(language)}"]


@cache
def places() -> pd.DataFrame:
    """Give a point, `area_km2` and `is_small` of every country by `iso3`; x_km and y_km are Equal Earth."""
    table = read("places.csv").set_index("iso3")
    numbers = table.drop(columns="is_small").astype(float)
    return numbers.assign(is_small=table["is_small"].eq("yes"))


@cache
def shapes() -> "gpd.GeoDataFrame":
    """Give what the world map draws: iso3, name, status (country, disputed, sphere), treatment, geometry.

    Coordinates are kilometres of Equal Earth; `to_crs("EPSG:4326")` makes them degrees. Countries too small
    for this scale, and those the boundary policy leaves out, have no row: see `places`.
    """
    import geopandas as gpd

    return gpd.read_file(folder() / "boundaries.geojson").set_crs(EQUAL_EARTH, allow_override=True)


if __name__ == "__main__":
    record_hashes()
