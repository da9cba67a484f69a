"""Out of the legacy CSV, and back to it."""
