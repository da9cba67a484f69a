"""What systems and office programs keep among the legacy CSVs is left out, and told."""

from pathlib import Path

from loaders.legacy_files import find_files, left_out
from loaders.pipeline import preview
from loaders.summary import summary_text
from tests.helpers.archives import context_at
from tests.helpers.sources import claiming_csv


def test_only_what_a_person_wrote_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    claiming_csv(folder / "output.csv")
    for name in ("._output.csv", "~$output.csv", ".~lock.output.csv#", ".DS_Store", "Thumbs.db"):
        (folder / name).write_bytes(b"\0\5\26\7\0not a table")
    assert find_files([folder]) == [folder / "output.csv"]
    assert find_files([str(folder / "*.csv")]) == [folder / "output.csv"]
    assert len(left_out([folder, folder / "output.csv"])) == 5
    context = context_at(tmp_path, legacy_csv__paths=str(folder))
    said = summary_text(preview(context.settings, context.target))
    assert "Legacy CSVs: 1 read, 1 new." in said
    assert "Left out of the legacy CSVs, for no person wrote them: " in said
    assert "and 2 more." in said
