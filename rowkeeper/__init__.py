"""Every file keeps its row: a sheet of people in, clean tables and a verified archive out."""

__version__ = "0.1.0"
