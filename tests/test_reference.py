"""Promises of the reference room: known sources, names and a place for every country, borders by policy."""

import subprocess
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from popresearch import boundaries, files, natural_earth, reference
from popresearch.faults import BadInput

CITIES = {  # longitude, latitude
    "Paris": (2.35, 48.86), "Cayenne": (-52.33, 4.92), "Oslo": (10.6, 60.0), "Svalbard": (15.6, 78.2),
    "Simferopol": (34.1, 44.95), "El Aaiún": (-13.1, 27.1), "Hargeisa": (44.06, 9.56),
    "Kyrenia": (33.3, 35.25), "Pristina": (21.16, 42.66), "Agadir": (-9.3, 30.4), "Anadyr": (176.5, 64.9),
    "Uelen": (-171.5, 66.2), "Quneitra": (35.8, 33.05), "Ramallah": (35.2, 31.9), "Haifa": (35.1, 32.75),
}  # fmt: skip
OFFICIAL_AREA = {"FRA": 551_500, "BRA": 8_515_767, "KEN": 592_000, "AUS": 7_692_000, "RUS": 17_098_000}


def at(city: str) -> str:
    """Say which area of the drawing a city lies in: its ISO code, or its name where it has none."""
    point = gpd.GeoSeries([shapely.Point(CITIES[city])], crs="EPSG:4326").to_crs(reference.EQUAL_EARTH)[0]
    areas = reference.shapes().query("status != 'sphere'")
    found = areas[areas.contains(point)]
    return ", ".join(found["iso3"].where(found["iso3"].ne(""), found["name"]))


def test_every_reference_file_is_catalogued_with_its_hash():
    table = reference.catalogue()
    on_disk = {path.name: files.sha256(path) for path in reference.folder().iterdir()}
    assert table["sha256"].to_dict() == on_disk, "after a change run python -m popresearch.reference"
    assert (table[["title", "source", "licence", "vintage", "retrieved"]] != "").all(axis=None)


def test_every_country_has_its_codes_regions_and_six_names():
    table = reference.countries()
    text = table[reference.COUNTRY_COLUMNS]
    assert len(table) == 249 and table.index.is_unique
    assert text.notna().all(axis=None) and text.map(str.strip).ne("").all(axis=None)
    assert table.loc["NAM", "iso2"] == "NA"
    assert table.loc[["AFG", "TWN", "ATA"], "m49"].tolist() == ["004", "158", "010"]


@pytest.mark.parametrize(
    ("iso3", "column", "expected"),
    [
        ("PSE", "name_en", "State of Palestine"),
        ("FLK", "name_en", "Falkland Islands (Malvinas)"),
        ("FLK", "name_es", "Islas Malvinas (Falkland)"),
        ("COD", "name_fr", "République démocratique du Congo"),
        ("GBR", "name_fr", "Royaume-Uni"),
        ("EGY", "name_ar", "مصر"),
        ("ATA", "region", "Antarctica"),
        ("TWN", "region", "Asia"),
    ],
)
def test_names_are_short_but_for_the_chosen_ones(iso3, column, expected):
    assert reference.countries().loc[iso3, column] == expected


def test_figures_are_those_of_the_source_or_missing():
    table = reference.countries()
    for row in reference.read("internet_users_pct.csv").groupby("iso3")["year"].max().items():
        assert table.loc[row[0], "internet_year"] == int(row[1])
    assert table["internet_users_pct"].notna().sum() == 204
    assert table["population_under_18"].notna().sum() == 230
    assert table.loc["KEN", "population_under_18"] == 24_461_951
    assert pd.isna(table.loc["ATA", "population_under_18"]) and pd.isna(
        table.loc["TWN", "internet_users_pct"]
    )
    assert table["internet_vintage"].notna().eq(table["internet_users_pct"].notna()).all()


def test_every_region_in_use_has_a_name_in_six_languages():
    used = set(reference.countries()["region"]) | set(reference.countries()["subregion"]) | {"World"}
    names = {(region, language): reference.region_name(region, language) for region in used
             for language in reference.LANGUAGES}  # fmt: skip
    assert all(names.values()) and all(names[region, "en"] == region for region in used)
    assert reference.region_name("2", "fr") == reference.region_name(2, "fr") == "Afrique"


def test_an_unknown_region_is_bad_input_with_a_suggestion():
    with pytest.raises(BadInput, match="Did you mean 'Oceania'"):
        reference.region_name("Oceana", "en")
    with pytest.raises(BadInput, match="'de'"):
        reference.region_name("World", "de")


def test_every_country_has_a_point_and_a_shape_unless_it_is_small_or_left_out():
    points, drawn = reference.places(), set(reference.shapes()["iso3"])
    assert set(points.index) == set(reference.countries().index) and points.notna().all(axis=None)
    missing = {iso3 for iso3 in points.index if iso3 not in drawn and not points.loc[iso3, "is_small"]}
    left_out = boundaries.policy().table.query("treatment == 'not_drawn' and iso3 != ''")["iso3"]
    assert missing == set(left_out) == {"ATA"}


def test_the_point_of_a_country_lies_in_its_shape():
    points, shapes = reference.places(), reference.shapes().query("iso3 != ''").set_index("iso3").geometry
    large = [iso3 for iso3 in shapes.index if not points.loc[iso3, "is_small"]]
    outside = [
        iso3 for iso3 in large if not shapes[iso3].contains(shapely.Point(points.loc[iso3, ["x_km", "y_km"]]))
    ]
    assert len(large) > 150 and outside == []


def test_shapes_are_valid_do_not_overlap_and_stay_on_the_sphere():
    shapes = reference.shapes()
    assert shapes.is_valid.all() and shapes["iso3"].loc[lambda iso3: iso3 != ""].is_unique
    sphere, areas = shapes[shapes["status"].eq("sphere")], shapes[shapes["status"].ne("sphere")]
    assert shapely.coverage_is_valid(areas.geometry.values)
    assert areas.union_all().difference(sphere.union_all().buffer(5)).area < 1
    assert (shapes.get_coordinates() % 1 == 0).all(axis=None)


@pytest.mark.parametrize(("iso3", "official"), OFFICIAL_AREA.items())
def test_areas_are_within_5_per_cent_of_the_official_ones(iso3, official):
    drawn = reference.shapes().set_index("iso3").loc[iso3].geometry.area
    assert drawn == pytest.approx(official, rel=0.05)
    assert reference.places().loc[iso3, "area_km2"] == pytest.approx(official, rel=0.05)


@pytest.mark.parametrize(
    ("city", "area"),
    [
        ("Paris", "FRA"), ("Cayenne", "GUF"), ("Oslo", "NOR"), ("Svalbard", "SJM"), ("Simferopol", "UKR"),
        ("El Aaiún", "ESH"), ("Agadir", "MAR"), ("Hargeisa", "SOM"), ("Kyrenia", "CYP"),
        ("Pristina", "Kosovo"), ("Anadyr", "RUS"), ("Uelen", "RUS"),
        ("Quneitra", "SYR"), ("Ramallah", "PSE"), ("Haifa", "ISR"),
    ],
)  # fmt: skip
def test_a_place_is_drawn_with_the_area_that_the_policy_says(city, area):
    assert at(city) == area


def test_areas_of_undetermined_status_are_grey_and_carry_no_country_status():
    shapes = reference.shapes()
    grey = shapes[shapes["treatment"].str.contains("neutral_grey")]
    assert set(grey["name"]) == {"Kosovo", "Siachen Glacier", "Western Sahara"}
    assert (
        set(grey["status"]) == {"disputed"}
        and (shapes["iso3"].eq("") <= shapes["status"].ne("country")).all()
    )
    assert shapes.set_index("name").loc["Western Sahara", "treatment"] == "neutral_grey dashed"


def test_the_policy_is_one_sentence_and_every_row_has_a_reason_and_a_source():
    policy = boundaries.policy()
    assert policy.sentence.endswith(".") and policy.sentence.count(". ") == 0
    assert policy.table["why"].ne("").all() and policy.table["source"].str.startswith("http").all()
    assert "resolution 1244 (1999)" in policy.table.loc["Kosovo", "note"]
    assert "Malvinas" in policy.table.loc["Falkland Islands (Malvinas)", "note"]
    assert reference.read("name_choices.csv")["why"].ne("").all()


def test_an_area_that_nobody_decided_on_is_bad_input():
    square = gpd.GeoDataFrame({"feature": ["Ruritania"], "m49": [""]}, geometry=[shapely.box(0, 0, 1, 1)])
    with pytest.raises(BadInput, match="'Ruritania' has no ISO code and no row"):
        boundaries.assign(square)


def test_a_part_is_cut_along_its_box_or_as_a_whole_piece():
    parent = gpd.GeoDataFrame({"feature": "P", "iso3": "PPP"}, index=[0, 1],
                              geometry=[shapely.box(0, 0, 4, 1), shapely.box(8, 0, 9, 1)])  # fmt: skip
    box = {"parent": "P", "west": "-1", "south": "-1", "north": "2", "reason": ""}
    parts = pd.DataFrame([{"iso3": "EDG", **box, "east": "1", "cut": "edge"},
                          {"iso3": "PCE", **box, "west": "7", "east": "8.9", "cut": "pieces"}])  # fmt: skip
    areas = boundaries.cut_parts(parent, parts).dissolve("iso3").area
    assert areas.to_dict() == {"EDG": 1.0, "PCE": 1.0, "PPP": 3.0}


def test_a_shape_across_the_antimeridian_is_cut_in_two():
    stitched = shapely.Polygon([(170, 0), (-170, 0), (-170, 10), (170, 10)])
    cut = natural_earth.split_at_antimeridian(stitched)
    assert sorted(part.bounds for part in cut.geoms) == [(-180, 0, -170, 10), (170, 0, 180, 10)]


def test_the_files_of_the_map_are_small():
    assert (reference.folder() / "boundaries.geojson").stat().st_size < 170_000
    assert (reference.folder() / "places.csv").stat().st_size < 15_000


def test_the_same_package_gives_the_same_files(tmp_path: Path):
    try:
        package = natural_earth.fetch(tmp_path, "--offline")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("npm, or world-atlas in its cache, is not here: npm cache add " + natural_earth.PACKAGE)
    for name, text in boundaries.build(package).items():
        assert text.encode() == (reference.folder() / name).read_bytes(), name


def test_another_package_is_refused(tmp_path: Path):
    (tmp_path / "world-atlas-9.9.9.tgz").write_bytes(b"something else")
    with pytest.raises(BadInput, match="world-atlas-9.9.9.tgz: is not world-atlas@2.0.2"):
        boundaries.build(tmp_path / "world-atlas-9.9.9.tgz")
