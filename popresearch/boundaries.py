"""Make boundaries.geojson and places.csv: python -m popresearch.boundaries [world-atlas.tgz].

Without an argument `npm pack` fetches the package, the only use of the network here. Natural Earth 1:50m
gives the shapes, 1:10m the points and areas; boundary_policy.csv and parts.csv say what is changed, and why.
"""

import re
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from popresearch import files, natural_earth, reference
from popresearch.faults import BadInput, Fault, did_you_mean

TREATMENTS = ("as_country", "neutral_grey", "dashed", "dotted", "not_drawn")
SIMPLIFICATION = 32  # km: the square root of the smallest triangle kept; one pixel of 960 is 36 km
SMALLEST_ISLAND = 700  # km²: smaller pieces are left out, but for a country's largest
SMALL_COUNTRY = 15_000  # km²: about twelve pixels
EDGES = (-180, -60, 180, 84)  # west, south, east, north of what is drawn


@dataclass(frozen=True)
class Policy:
    """How disputed areas are drawn: one sentence to print, and a table indexed by area."""

    sentence: str
    table: pd.DataFrame


@cache
def policy() -> Policy:
    """Read boundary_policy.csv: the row "World" is the sentence; `note` is text that a map owes its readers.

    `treatment` is one or more of TREATMENTS; raises BadInput for any other word.
    """
    table = reference.read("boundary_policy.csv").set_index("area")
    faults = [
        Fault(
            area,
            f"{word!r} is no treatment.{did_you_mean(word, TREATMENTS)}",
            f"Use {', '.join(TREATMENTS)}.",
        )
        for area, words in table["treatment"].items()
        for word in words.split()
        if word not in TREATMENTS
    ]
    if faults:
        raise BadInput("boundary_policy.csv", faults)
    return Policy(table.loc["World", "why"], table.drop(index="World"))


def cut_parts(polygons: gpd.GeoDataFrame, parts: pd.DataFrame) -> gpd.GeoDataFrame:
    """Give the polygons of a parent that lie in a part's box the part's ISO code, and mark them `is_cut`.

    With `cut` "edge" they are divided along the box; with "pieces" a polygon goes where its inner point is.
    """
    polygons = polygons.assign(is_cut=False)
    for part in parts.itertuples():
        box = shapely.box(*(float(edge) for edge in (part.west, part.south, part.east, part.north)))
        if part.cut == "edge":
            near = polygons.intersects(
                box
            )  # neighbours too, so that both sides of a border get the new corner
            halves = [polygons[near].intersection(box), polygons[near].difference(box)]
            divided = pd.concat([polygons[near].set_geometry(half) for half in halves]).explode()
            divided = divided[divided.geom_type.eq("Polygon") & ~divided.is_empty]
            polygons = pd.concat([polygons[~near], divided], ignore_index=True)
        inside = polygons.geometry.representative_point().within(box)
        polygons.loc[polygons["feature"].eq(part.parent) & inside, ["iso3", "is_cut"]] = [part.iso3, True]
    return polygons


def assign(polygons: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join polygons into areas: `iso3`, or "" and the `name` that the policy gives an area without ISO code.

    Raises BadInput for a feature that has neither code nor row in the policy: nothing is drawn undecided.
    """
    codes = {m49: iso3 for iso3, m49 in reference.countries()["m49"].items()}
    coded = polygons.assign(iso3=polygons["m49"].map(codes).fillna(""))
    polygons = cut_parts(coded, reference.read("parts.csv"))
    rows = policy().table.reset_index().query("feature != ''").set_index("feature")
    left = polygons["feature"].isin(rows.index) & ~polygons["is_cut"]
    polygons.loc[left, "iso3"] = polygons.loc[left, "feature"].map(rows["iso3"])
    polygons["name"] = polygons["feature"].map(rows["area"]).where(polygons["iso3"].eq(""), "")
    undecided = sorted(set(polygons.loc[polygons["name"].isna(), "feature"]))
    if undecided:
        faults = [Fault("", f"{feature!r} has no ISO code and no row.", "Add one.") for feature in undecided]
        raise BadInput("boundary_policy.csv", faults)
    return polygons.dissolve(["iso3", "name"], as_index=False)[["iso3", "name", "geometry"]]


def drawing(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Turn areas into what the map draws: generalised, Equal Earth, whole kilometres, borders still shared.

    Columns iso3, name, status (country, disputed, sphere), treatment. What collapses has no row.
    """
    special = policy().table.query("treatment != 'as_country'")
    treatments = dict(special["treatment"]) | dict(zip(special["iso3"], special["treatment"], strict=True))
    keys = areas["iso3"].where(areas["iso3"].ne(""), areas["name"])
    areas = areas.assign(treatment=keys.map(treatments).fillna("as_country"))
    areas = generalise(areas[~areas["treatment"].str.contains("not_drawn")].to_crs(reference.EQUAL_EARTH))
    areas["name"] = areas["iso3"].map(reference.countries()["name_en"]).fillna(areas["name"])
    areas["status"] = areas["treatment"].eq("as_country").map({True: "country", False: "disputed"})
    drawn = pd.concat([sphere(), areas.sort_values(["iso3", "name"])], ignore_index=True)
    return drawn[["iso3", "name", "status", "treatment", "geometry"]]


def generalise(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Drop islets, simplify shared borders once, round to whole kilometres; leave out what is then empty."""
    pieces = areas.explode(ignore_index=True)
    largest = pieces.area.groupby([pieces["iso3"], pieces["name"]]).transform("max")
    kept = pieces[pieces.area.ge(largest) | pieces.area.ge(SMALLEST_ISLAND)]
    areas = kept.dissolve(["iso3", "name"], as_index=False)
    rounded = shapely.set_precision(areas.geometry.simplify_coverage(SIMPLIFICATION).values, 1.0)
    areas = areas.set_geometry(
        gpd.GeoSeries(shapely.orient_polygons(rounded), index=areas.index, crs=areas.crs)
    )
    return areas[~areas.is_empty].copy()


def sphere() -> gpd.GeoDataFrame:
    """Outline the part of the globe that is drawn; meridians are curves and get a point every 4 degrees."""
    box = shapely.segmentize(shapely.box(*EDGES), 4)
    outline = (
        gpd.GeoSeries([box], crs="EPSG:4326").to_crs(reference.EQUAL_EARTH).simplify(0.5).set_precision(1.0)
    )
    return gpd.GeoDataFrame({"iso3": [""], "name": "", "status": "sphere", "treatment": ""}, geometry=outline)


def places(areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give every country the point of its largest piece of land that is farthest from sea and neighbours.

    `area_km2` is all its land and inland water in the source, which is generalised: not an official figure.
    """
    areas = areas[areas["iso3"].ne("")].set_index("iso3").to_crs(reference.EQUAL_EARTH).sort_index()
    pieces = areas.explode()
    largest = pieces[pieces.area.eq(pieces.area.groupby(level=0).transform("max"))].geometry
    centres = shapely.get_point(shapely.maximum_inscribed_circle(largest.values), 0)
    points = gpd.GeoSeries(centres, index=largest.index, crs=areas.crs)
    degrees = points.to_crs("EPSG:4326")
    table = pd.DataFrame({"longitude": degrees.x.round(2), "latitude": degrees.y.round(2)})
    table["area_km2"] = areas.area.round(1)
    table["x_km"], table["y_km"] = points.x.round(1), points.y.round(1)
    table["is_small"] = areas.area.lt(SMALL_COUNTRY).map({True: "yes", False: "no"})
    return table.reset_index()


def geojson(shapes: gpd.GeoDataFrame) -> str:
    """Write shapes as GeoJSON text, a feature a line, in whole kilometres of Equal Earth, its `crs`."""
    text = shapes.set_crs(None, allow_override=True).to_json(
        drop_id=True, ensure_ascii=False, separators=(",", ":")
    )
    text = re.sub(r"(?<=\d)\.0(?=[,\]])", "", text).replace('{"type":"Feature",', '\n{"type":"Feature",')
    crs = f'{{"type":"name","properties":{{"name":"{reference.EQUAL_EARTH}"}}}}'
    return text.replace('"FeatureCollection",', f'"FeatureCollection","crs":{crs},', 1) + "\n"


def build(package: Path) -> dict[str, str]:
    """Make the generated files as name → text; the same package gives the same text."""
    natural_earth.check(package)
    coarse, fine = (assign(natural_earth.features(package, scale)) for scale in ("50m", "10m"))
    only_coarse = coarse[~coarse["iso3"].isin(fine["iso3"])]  # the Holy See is empty at 1:10m
    table = places(pd.concat([fine, only_coarse], ignore_index=True))
    return {
        "boundaries.geojson": geojson(drawing(coarse)),
        "places.csv": table.to_csv(index=False, lineterminator="\n"),
    }


def main(arguments: list[str]) -> None:
    """Write the generated files, and their hashes into the catalogue."""
    with tempfile.TemporaryDirectory() as folder:
        texts = build(Path(arguments[0]) if arguments else natural_earth.fetch(Path(folder)))
    for name, text in texts.items():
        files.write_text(reference.folder() / name, text)
        print(f"{name}: {len(text.encode()):,} bytes")
    reference.record_hashes()


if __name__ == "__main__":
    main(sys.argv[1:])
