"""The legacy CSV, written from the tables."""
