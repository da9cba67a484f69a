"""The way back: the legacy CSV of any generation, byte for byte where nothing has changed."""
