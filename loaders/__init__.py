"""Sources: the sheet and the legacy CSVs, parsed and loaded as they stood."""
