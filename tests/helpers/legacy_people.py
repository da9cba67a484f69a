"""Random people of a legacy CSV, and rows as a CSV."""

import csv
import io
import json
import random

from rowkeeper.core.csv.legacy import GENERATIONS

Cells = dict[str, str]


def written(width: int, rows: list[Cells], *more: str) -> bytes:
    """A CSV of a generation; ``more`` are columns that nobody knows."""
    text = io.StringIO(newline="")
    titles = (*GENERATIONS[width], *more)
    writer = csv.DictWriter(text, titles, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def person(number: int, chance: random.Random) -> Cells:
    """A person as the best of all files would know her."""
    video = f"video{number:06d}"
    return {
        **{"row_id": str(number), "name": f"Anna {number} Beispiel", "email": f"a{number}@x.org"},
        "type": "MF-Si/Fe-CS/P(B) #3",
        "link": f"https://youtu.be/{video}",
        "google_drive": f"https://drive.google.com/file/d/1{number:032d}/view",
        **{
            "processed": "yes",
            "document_text": f"Words of {number}",
            "extraction_date": "2025-01-01",
        },
        **{
            "youtube_status": chance.choice(["completed", "failed"]),
            "youtube_files": f"{video}.mp4",
        },
        "youtube_media_id": video,
        "file_uuids": json.dumps({f"YouTube: {video}": f"uuid-{number}"}),
        "s3_paths": json.dumps({f"uuid-{number}": f"files/uuid-{number}.mp4"}),
    }


REMARKS = "Private remarks"
