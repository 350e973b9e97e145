"""Records of web archives: pages and texts, one document each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from classifier.errors import EscError, InputError
from classifier.text.formats import by_type
from classifier.text.settings import MAX_RECORD_BYTES
from classifier.text.streams import missing

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterator


class Record(NamedTuple):
    """A page of a web archive, not yet read."""

    id: str
    url: str
    date: str
    kind: str
    charset: str
    data: bytes


class _Counted:
    """A stream that tells its place; fastwarc asks, and packed streams do not know."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream, self._place = stream, 0
        self.tail = b""

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._place += len(data)
        self.tail = (self.tail + data[-4:])[-4:]
        return data

    def tell(self) -> int:
        return self._place


def read_records(
    stream: io.BufferedReader, where: str, problem: Callable[[EscError], None]
) -> Iterator[Record]:
    """Yield the records of a web archive that hold text, one at a time.

    Responses other than 200, and records of pictures and the like, are passed over; a damaged
    record is too where the next one can be found.

    Raises
    ------
    InputError
        The archive cannot be read (any further).
    """
    try:
        from fastwarc.warc import ArchiveIterator, WarcRecordType
    except ImportError as error:
        raise InputError(missing(where, "WARC", "fastwarc")) from error
    wanted = WarcRecordType.response | WarcRecordType.resource | WarcRecordType.conversion
    number, n_told = 0, 0
    source = _Counted(stream)
    try:
        records = ArchiveIterator(
            cast("io.BufferedReader", source),
            record_types=wanted,
            parse_http=False,
            quirks_mode=True,
            stream_detect=False,
            fsspec_args=False,
        )
        for record in records:
            number += 1
            try:
                found = _record(record, where, number)
            except EscError as error:
                n_told += 1
                problem(error)
                continue
            if found is not None:
                n_told += 1
                yield found
    except OSError as error:
        raise InputError(f"{where}: damaged after record {number}: {error}") from error
    except BaseException as error:
        # A panic inside fastwarc derives from BaseException; only that one is caught here.
        if type(error).__name__ != "PanicException":
            raise
        raise InputError(f"{where}: damaged after record {number}") from error
    if number and not source.tail.endswith((b"\r\n\r\n", b"\n\n")):
        n_told += 1
        problem(InputError(f"{where}: cut short at record {number} or behind it"))
    if not n_told:
        raise InputError(f"{where}: no page in it; expected a WARC file with responses or texts")


def _record(record: Any, where: str, number: int) -> Record | None:
    name = (record.record_id or "").strip("<>") or f"{where}#{number}"
    content_type = record.headers.get("Content-Type") or ""
    charset = ""
    size = record.content_length
    if size > MAX_RECORD_BYTES:
        raise InputError(f"{where}, record {name}: larger than {MAX_RECORD_BYTES >> 20} MB")
    try:
        record.freeze()
        if record.content_length < size:
            raise InputError(f"{where}, record {name}: cut short")
        if record.is_http:
            record.parse_http(auto_decode="all")
            if record.http_headers is None or record.http_headers.status_code != 200:
                return None
            content_type, charset = record.http_content_type or "", record.http_charset or ""
        kind = by_type(content_type)
        if not kind:
            return None
        data = record.reader.read(MAX_RECORD_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InputError(f"{where}, record {name}: damaged: {error}") from error
    if len(data) > MAX_RECORD_BYTES:
        raise InputError(f"{where}, record {name}: larger than {MAX_RECORD_BYTES >> 20} MB")
    date = record.record_date.isoformat() if record.record_date else ""
    return Record(name, record.headers.get("WARC-Target-URI") or "", date, kind, charset, data)
