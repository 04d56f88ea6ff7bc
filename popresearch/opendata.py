"""The released tables as open data: CSV with labels, described by a Data Package (https://datapackage.org, version 2)."""

import json
import shutil
from pathlib import Path

import pandas as pd

from popresearch.files import new_folder, sha256
from popresearch.study import Study

MICRODATA = "microdata"
TYPES = {
    "Int64": "integer",
    "int64": "integer",
    "float64": "number",
    "Float64": "number",
    "bool": "boolean",
    "boolean": "boolean",
}


def write(study: Study) -> Path:
    """Copy every released CSV, and the open microdata with their codebooks, to outputs/<study>/opendata.

    A datapackage.json names columns, types, licence and hashes.
    """
    parts = sorted((study.outputs / "tables").glob("*/*.csv"))
    target = study.outputs / "opendata"
    with new_folder(target) as folder:
        resources = []
        for path in parts:
            shutil.copyfile(path, folder / path.name)
            table = pd.read_parquet(path.with_suffix(".parquet"))
            resources.append(_resource(folder / path.name, table, bool(study.banner)))
        if (study.outputs / MICRODATA).is_dir():
            shutil.copytree(study.outputs / MICRODATA, folder / MICRODATA)
            resources += [
                _microdata(path, bool(study.banner)) for path in sorted((folder / MICRODATA).glob("*.csv"))
            ]
        package = {
            "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
            "name": study.key,
            "title": study.title.get("en", study.name),
            "description": " ".join([study.banner, study.note]).strip(),
            "licenses": [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],
            "resources": resources,
        }
        (folder / "datapackage.json").write_text(
            json.dumps(package, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    return target


def _microdata(path: Path, has_banner: bool) -> dict[str, object]:
    table = pd.read_csv(path, comment="#" if has_banner else None, keep_default_na=False, na_values=[""])
    return _resource(path, table, has_banner) | {
        "name": f"{MICRODATA}_{path.stem}",
        "path": f"{MICRODATA}/{path.name}",
    }


def _resource(path: Path, table: pd.DataFrame, has_banner: bool) -> dict[str, object]:
    fields = [{"name": name, "type": TYPES.get(str(table[name].dtype), "string")} for name in table]
    dialect = {"commentChar": "#"} if has_banner else {}
    return {
        "name": path.stem,
        "path": path.name,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "hash": f"sha256:{sha256(path)}",
        "bytes": path.stat().st_size,
        **({"dialect": dialect} if dialect else {}),
        "schema": {"fields": fields, "missingValues": [""]},
    }
