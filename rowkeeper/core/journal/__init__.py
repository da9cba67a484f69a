"""The journal: events in segments, their manifest, its check and its salvage."""
