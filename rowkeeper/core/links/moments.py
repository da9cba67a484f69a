"""The address at which a recording opens at a second."""

from urllib.parse import parse_qsl, urlencode, urlsplit

PARAMETERS = {"youtube.com": "t", "youtu.be": "t", "loom.com": "t", "dailymotion.com": "start"}


def at_second(url: str | None, seconds: float | None) -> str | None:
    """``url`` of a recording, opening at ``seconds``; as it is where its site knows no such."""
    if url is None or seconds is None or seconds < 1:
        return url
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    if host.endswith("vimeo.com"):
        return parts._replace(fragment=f"t={int(seconds)}s").geturl()
    if (name := PARAMETERS.get(host)) is None:
        return url
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != name]
    return parts._replace(query=urlencode([*kept, (name, str(int(seconds)))])).geturl()
