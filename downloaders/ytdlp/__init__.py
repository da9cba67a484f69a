"""yt-dlp wrapped once: any site whose videos it knows is a description of that site."""
