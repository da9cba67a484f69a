"""One round: what is pending, fetched, deduplicated, streamed, uploaded."""
