"""One module a kind of store: a verified file in, a verified object and events out."""
