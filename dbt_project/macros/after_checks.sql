{#-
  Every mart comes after every checked model, so a failing check stops the build before any mart is
  touched, not only the marts that the failing model feeds.
-#}
{% macro after_checks() -%}
    {%- for model in [
        "int_row_texts", "int_row_matches", "int_legacy_files", "int_accepted_rows",
        "int_source_rows", "int_people", "int_person_versions", "int_expected_assets", "int_asset_downloads",
        "int_asset_uploads", "int_legacy_objects", "int_claim_evidence", "int_legacy_claims", "int_legacy_states", "int_assets_as_built", "int_sessions", "int_links"
    ] -%}
        {%- do ref(model) -%}
    {%- endfor -%}
{%- endmacro %}
