"""YouTube, by yt-dlp."""
