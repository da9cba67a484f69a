-- Each published table is what its model makes of what stands below it, in every column: whoever edits,
-- adds or removes a row afterwards is seen.

{{ differences_from_models() }}
