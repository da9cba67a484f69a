-- Rows in = rows used + rows quarantined + exact repeats, for every legacy file.

{{ unaccounted_rows("legacy_csv", ref("stg_legacy__rows"), "file_sha256") }}
