"""What a disk can do, asked of the disk itself, and what is done where it can't."""
