{#-
  Every mart comes after every checked model, so a failing check stops the build before any mart is
  touched, not only the marts that the failing model feeds. dbt wants the names while it parses, before there is
  a graph to ask; a test holds the list to it.
-#}
{% macro after_checks() -%}
    {%- for model in [
        "int_row_texts", "int_row_matches", "int_legacy_files", "int_accepted_rows",
        "int_source_rows", "int_matched_links", "int_row_links", "int_people",
        "int_person_versions", "int_expected_assets",
        "int_asset_downloads", "int_asset_uploads", "int_asset_versions", "int_claim_evidence",
        "int_legacy_states", "int_assets_as_built", "int_asset_versions_as_built", "int_session_totals", "int_links"
    ] -%}
        {%- do ref(model) -%}
    {%- endfor -%}
{%- endmacro %}
