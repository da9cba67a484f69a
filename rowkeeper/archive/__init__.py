"""What is stored: checked, repaired, evicted, moved, restored."""
