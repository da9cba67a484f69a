"""The catalogue as pages: files alone, without a server."""
