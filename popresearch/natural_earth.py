"""Read Natural Earth's countries from the npm package world-atlas: valid polygons in degrees, cut at 180°."""

import io
import subprocess
import tarfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from shapely.affinity import translate

from popresearch import files
from popresearch.faults import bad_input

PACKAGE = "world-atlas@2.0.2"
PACKAGE_SHA256 = "032e7765f2ce00edaeafec23ff22bc3b77e42987c257da944cc585b452c05b97"
MEMBER_LIMIT = 10_000_000  # bytes; a larger member is not the package we know


def fetch(folder: Path, *options: str) -> Path:
    """Fetch the package by npm into a folder; needs the network, or npm's cache with "--offline"."""
    subprocess.run(["npm", "pack", PACKAGE, *options], cwd=folder, check=True, capture_output=True)
    return next(folder.glob("*.tgz"))


def check(package: Path) -> None:
    """Raise BadInput if a file is not the package that the boundaries were made from."""
    if files.sha256(package) != PACKAGE_SHA256:
        raise bad_input(
            package.name, f"is not {PACKAGE} as we know it.", "Check it, then change PACKAGE_SHA256."
        )


def features(package: Path, scale: str) -> gpd.GeoDataFrame:
    """Read the countries of a scale, 50m or 10m, a row a polygon: `feature` (name), `m49` or ""."""
    with tarfile.open(package) as archive:
        member = archive.getmember(f"package/countries-{scale}.json")
        if member.size > MEMBER_LIMIT:
            raise bad_input(package.name, f"{member.name} is larger than expected.", f"Use {PACKAGE}.")
        layer = gpd.read_file(io.BytesIO(archive.extractfile(member).read()), layer="countries")
    table = {"feature": layer["name"], "m49": layer["id"].fillna("")}
    shapes = [split_at_antimeridian(shape) for shape in layer.geometry]
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326").explode(ignore_index=True)


def split_at_antimeridian(shape: shapely.Geometry) -> shapely.MultiPolygon:
    """Cut a shape where it crosses 180°, which world-atlas stitches together; repair what rounding broke."""
    pieces = []
    for polygon in (part for part in shapely.get_parts(shape) if not part.is_empty):
        rings = [unwrap(ring) for ring in (polygon.exterior, *polygon.interiors)]
        outline = shapely.Polygon(rings[0], rings[1:])
        whole = shapely.make_valid(outline, method="structure", keep_collapsed=False)
        for turn in (-360, 0, 360):
            window = shapely.box(turn - 180, -90, turn + 180, 90)
            pieces.append(translate(whole.intersection(window), xoff=-turn))
    parts = [part for piece in pieces for part in shapely.get_parts(piece)]
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon" and part.area > 0])


def unwrap(ring: shapely.LinearRing) -> np.ndarray:
    """Make longitudes continuous along a ring; one around the South Pole is closed by way of the pole."""
    points = np.array(ring.coords)
    points[:, 0] = np.unwrap(points[:, 0], period=360)
    first, last = points[0, 0], points[-1, 0]
    if abs(first - last) > 180:
        points = np.vstack([points, [[last, -90], [first, -90]]])
    return points
