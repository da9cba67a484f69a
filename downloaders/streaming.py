"""A downloader whose files may go elsewhere than to the disk."""

from abc import abstractmethod
from pathlib import Path

from downloaders.base import Downloader, Fetched, FetchSettings, Progress, Request
from downloaders.sinks import FileSink, Sink


class StreamingDownloader(Downloader):
    """A downloader whose files may go elsewhere than to the disk."""

    settings: FetchSettings

    def fetch(self, request: Request, directory: Path, progress: Progress) -> Fetched:
        part = directory / f"{request.asset_id}.body.part"
        return self.fetch_into(request, directory, FileSink(part, self.settings), progress)

    @abstractmethod
    def fetch_into(
        self, request: Request, directory: Path, sink: Sink, progress: Progress
    ) -> Fetched:
        """As :meth:`fetch`, a file's bytes going to ``sink``; a listing is made as it is there."""
