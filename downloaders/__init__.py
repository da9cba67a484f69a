"""One module a provider: a link in, a verified local file and events out."""
