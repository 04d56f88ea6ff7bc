"""Promises of tallies beyond memory: the same whole numbers from any split, on workers too, in flat memory."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Run
from hypothesis import given, settings
from hypothesis import strategies as st
from test_tallies import same

from popresearch import instrument, items, partitions, tallies
from popresearch import study as studies
from popresearch.faults import BadInput

STRAND = "poll"
TIMES = 100  # the poll's answers in a partition of the test of memory
GROWTH = 60  # MB by which the most memory may grow from 4 to 16 partitions; held at once they take some 300


@pytest.fixture(scope="module")
def pop() -> studies.Study:
    return studies.load("pop")


def cut(rows: pd.DataFrame, starts: list[int]) -> list[pd.DataFrame]:
    """Cut responses at these rows; each part knows only the categories that stand in it."""
    parts = [rows.iloc[first:last] for first, last in zip([0, *starts], [*starts, len(rows)], strict=True)]
    encoded = rows.select_dtypes("category").columns
    return [
        part.assign(**{name: part[name].cat.remove_unused_categories() for name in encoded}) for part in parts
    ]


def written(sample: Run, folder: Path, starts: list[int]) -> Path:
    """Write the poll's responses as partitions that begin at these rows."""
    folder.mkdir(exist_ok=True)
    for number, part in enumerate(cut(sample.ingested.responses[STRAND], starts)):
        part.to_parquet(folder / f"part_{number:02}.parquet")
    return folder


def counted(sample: Run, pop: studies.Study, source: object, **options: object) -> tallies.Tally:
    organisations = sample.registry.links.set_index("response")["organisation"]
    return partitions.tally_parquet(
        source, instrument.of(pop.strands[STRAND]), pop, STRAND, organisations, **options
    )


@settings(max_examples=6, deadline=None, derandomize=True)
@given(starts=st.lists(st.integers(1, 840), max_size=6, unique=True).map(sorted))
def test_any_split_into_files_gives_the_tally_of_all(
    sample: Run, pop: studies.Study, tmp_path_factory: pytest.TempPathFactory, starts: list[int]
) -> None:
    folder = written(sample, tmp_path_factory.mktemp("parts"), starts)
    assert same(counted(sample, pop, folder), sample.tallies[STRAND])


@pytest.mark.parametrize("most", [100, 300, 10_000], ids=["within", "one by one", "together"])
def test_row_groups_with_categories_of_their_own_are_counted_once(
    sample: Run, pop: studies.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(partitions, "ROWS", most)
    parts = cut(sample.ingested.responses[STRAND], [250, 250, 500])
    groups = [pa.Table.from_pandas(part, preserve_index=False) for part in parts]
    with pq.ParquetWriter(tmp_path / "one.parquet", groups[0].schema) as file:
        for group in groups:
            file.write_table(group)
    assert same(counted(sample, pop, tmp_path / "one.parquet"), sample.tallies[STRAND])


def test_only_columns_that_are_counted_are_read(sample: Run, pop: studies.Study, tmp_path: Path) -> None:
    folder = written(sample, tmp_path, [300])
    whole = counted(sample, pop, folder)
    asked = instrument.of(pop.strands[STRAND])
    texts = asked.questions.index[~asked.questions["kind"].isin(items.KINDS)]
    unread = [*texts, "file_row", "straight_lined", "too_fast"]
    for path in folder.glob("*.parquet"):
        rows = pd.read_parquet(path)
        rows.drop(columns=[name for name in unread if name in rows]).to_parquet(path)
    assert same(counted(sample, pop, folder), whole)


def test_organisations_may_stand_in_the_files(sample: Run, pop: studies.Study, tmp_path: Path) -> None:
    rows = sample.ingested.responses[STRAND]
    organisations = sample.registry.links.set_index("response")["organisation"]
    rows.assign(organisation=rows["response"].map(organisations)).to_parquet(tmp_path / "all.parquet")
    found = partitions.tally_parquet(tmp_path, instrument.of(pop.strands[STRAND]), pop, STRAND)
    assert same(found, sample.tallies[STRAND])


def test_two_workers_count_the_same_to_the_last_bit(sample: Run, pop: studies.Study, tmp_path: Path) -> None:
    distributed = pytest.importorskip(
        "distributed", reason="Dask is not installed; it is an optional dependency"
    )
    folder = written(sample, tmp_path / "parts", [100, 300, 301, 700])
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    )
    with cluster, distributed.Client(cluster) as client:
        assert same(counted(sample, pop, folder, client=client), sample.tallies[STRAND])
        assert len(client.scheduler_info()["workers"]) == 2


def test_partitions_that_lack_columns_are_told_all_at_once(
    sample: Run, pop: studies.Study, tmp_path: Path
) -> None:
    folder = written(sample, tmp_path, [300, 600])
    (folder / "late").mkdir()
    lacking = {"part_01": ["d08"], "part_02": ["country_iso3", "d06/friend"]}
    for name, columns in lacking.items():
        path = folder / f"{name}.parquet"
        pd.read_parquet(path).drop(columns=columns).to_parquet(folder / "late" / path.name)
        path.unlink()
    with pytest.raises(BadInput) as refused:
        counted(sample, pop, folder)
    assert [(fault.place, fault.what) for fault in refused.value.faults] == [
        ("late/part_01.parquet", "lacks the columns 'd08'."),
        ("late/part_02.parquet", "lacks the columns 'country_iso3', 'd06/friend'."),
    ]
    with pytest.raises(BadInput, match="lacks the columns 'organisation'.*pass `organisations`"):
        partitions.tally_parquet(folder / "part_00.parquet", instrument.of(pop.strands[STRAND]), pop, STRAND)


def test_files_that_cannot_be_read_are_told_all_at_once(
    sample: Run, pop: studies.Study, tmp_path: Path
) -> None:
    whole = written(sample, tmp_path, []) / "part_00.parquet"
    (tmp_path / "torn.parquet").write_bytes(whole.read_bytes()[:-9])
    with pytest.raises(BadInput) as refused:
        counted(sample, pop, [whole, tmp_path / "torn.parquet", tmp_path / "nowhere.parquet", whole])
    assert [str(fault).split(".parquet: ")[1][:15] for fault in refused.value.faults] == [
        "is no whole Par",
        "does not exist.",
        "is named twice.",
    ]
    assert str(tmp_path) not in str(refused.value)


def test_a_folder_without_answers_is_told_and_an_empty_partition_is_not(
    sample: Run, pop: studies.Study, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="hold no answers"):
        counted(sample, pop, tmp_path)
    with pytest.raises(BadInput, match="hold no answers"):
        counted(sample, pop, [])
    assert same(counted(sample, pop, written(sample, tmp_path, [0])), sample.tallies[STRAND])


GROW = """
import sys
from pathlib import Path
from popresearch import partitions, instrument, study
pop = study.load("pop")
partitions.tally_parquet(sys.argv[1], instrument.of(pop.strands["poll"]), pop, "poll")
assert not {"dask", "distributed"} & set(sys.modules), "only a cluster needs them"
# not ru_maxrss: it begins with what the process that started this one held
[most] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(int(most.split()[1]) / 1e3)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Only Linux tells the most memory here")
def test_four_times_the_partitions_need_no_more_memory(sample: Run, tmp_path: Path) -> None:
    rows = sample.ingested.responses[STRAND]
    many = rows.iloc[np.tile(np.arange(len(rows)), TIMES)].assign(organisation="one")
    many.to_parquet(tmp_path / "one.parquet")
    most = []
    for n in (4, 16):
        folder = tmp_path / str(n)
        folder.mkdir()
        for number in range(n):
            shutil.copy(tmp_path / "one.parquet", folder / f"{number}.parquet")
        done = subprocess.run(
            [sys.executable, "-c", GROW, str(folder)], capture_output=True, text=True, check=True
        )
        most.append(float(done.stdout))
    assert most[1] - most[0] < GROWTH, most
