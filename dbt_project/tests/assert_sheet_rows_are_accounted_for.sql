-- Rows in = rows used + rows quarantined + exact repeats, for every snapshot of the sheet.

{{ unaccounted_rows("sheet", ref("stg_sheet__rows"), "snapshot_id") }}
