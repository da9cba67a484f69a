"""Google Drive and documents."""
