"""Every file keeps its row: a sheet of people in, clean tables and a verified archive out."""

import sys
from pathlib import Path

__version__ = "0.1.0"

PARTS = Path(__file__).resolve().with_name("parts")
"""In a wheel, what lies beside ``rowkeeper/`` in the checkout: the rooms and the dbt project."""

if PARTS.is_dir():
    sys.path.insert(0, str(PARTS))  # before another's package of so common a name
