"""From text to typed events, and which row is to blame where that fails."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from recdag.datasets.entry import Dataset
from recdag.datasets.rawfile import RawFile
from recdag.datasets.textfiles import LINE_CURE, LINE_TOO_LONG, line_source, mixed_line_end
from recdag.errors import DataError
from recdag.sql_text import literal

BEGIN_OF_TIME = -62_135_596_800  # 0001-01-01, which some programs write for no time.
END_OF_TIME = 4_102_444_800  # 2100-01-01; a later time is one in another unit.
MOST = 1e15
"""The largest value: sums of larger ones are not exact any more."""
TRUTHS = {"true": 1, "false": 0, "yes": 1, "no": 0, "t": 1, "f": 0, "y": 1, "n": 0}
_OFFSET = r":\d\d(\.\d+)?\s*(Z|[+-]\d\d(:?\d\d)?)$"


@dataclass(frozen=True)
class _Check:
    """A condition of SQL on the columns of `_typed` that makes a row unusable."""

    fails: str
    column: str
    problem: str
    cure: str


def events_query(dataset: Dataset, files: Sequence[RawFile]) -> str:
    """SELECT of user_key, item_key, behaviour, value, time over all files, as one stream.

    It fails on the first row that cannot be used; `find_fault` then tells which.
    """
    parts = []
    for file in files:
        fails = " OR ".join(f"({check.fails})" for check in _checks(dataset, file))
        parts.append(
            f"SELECT CASE WHEN {fails} THEN error('unusable row') ELSE user_text END AS user_key, "
            f"item_text AS item_key, behaviour, value, time FROM ({_typed(dataset, file, numbered=False)})"
        )
    return " UNION ALL ".join(parts)


def find_fault(connection: duckdb.DuckDBPyConnection, dataset: Dataset, files: Sequence[RawFile]) -> None:
    """Say which row of which file cannot be used, if any.

    Args:
        connection: of its own, since an error ends a transaction.

    Raises:
        DataError: names file, line, value and cure.
    """
    for file in files:
        checks = _checks(dataset, file)
        number = " ".join(f"WHEN {check.fails} THEN {k}" for k, check in enumerate(checks))
        shown = " ".join(f"WHEN {check.fails} THEN {check.column}" for check in checks)
        query = (
            f"SELECT row, CASE {number} END AS fault, CASE {shown} END AS shown "
            f"FROM ({_typed(dataset, file, numbered=True)}) WHERE fault IS NOT NULL LIMIT 1"
        )
        try:
            bad = connection.execute(query).fetchone()
        except (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException) as error:
            raise _unreadable(connection, file, error) from error
        if bad is not None:
            row, fault, text = bad
            where = f"{file.path}, line {file.line(row)}" if file.line else f"{file.path}, row {row}"
            problem = checks[fault].problem + (f": {text!r}" if text is not None else "")
            raise DataError(problem, where=where, cure=checks[fault].cure)


def _typed(dataset: Dataset, file: RawFile, *, numbered: bool) -> str:
    value = number_of("value") if "value" in file.present else "NULL::DOUBLE"
    return (
        'SELECT row, "user" AS user_text, item AS item_text, behaviour AS behaviour_text, '
        "value AS value_text, time AS time_text, "
        f"{_behaviour(dataset, file)} AS behaviour, {value} AS value, {_time(file)} AS time "
        f"FROM ({file.query(numbered)})"
    )


def number_of(column: str) -> str:
    """A text column as numbers, NULL where it holds none; true and false are 1 and 0."""
    truths = " ".join(f"WHEN {literal(word)} THEN {number}" for word, number in TRUTHS.items())
    return f"coalesce(try_cast({column} AS DOUBLE), CASE lower({column}) {truths} END)"


def _behaviour(dataset: Dataset, file: RawFile) -> str:
    if "behaviour" not in file.present:
        return f"{literal(file.behaviour)}::VARCHAR"
    codes = dataset.behaviours or {name: name for name in dataset.all_behaviours}
    cases = " ".join(f"WHEN {literal(code)} THEN {literal(name)}" for code, name in codes.items())
    return f"(CASE behaviour {cases} END)::VARCHAR"


def _time(file: RawFile) -> str:
    if "time" not in file.present:
        return "NULL::BIGINT"
    if file.time_format == "unix_s":
        seconds = "try_cast(time AS BIGINT)"
        return f"nullif({seconds}, 0)" if file.zero_time_is_unknown else seconds
    if file.time_format == "unix_ms":
        return "try_cast(time AS BIGINT) // 1000"
    if file.time_format == "iso":
        with_offset = f"regexp_matches(time, {literal(_OFFSET)})"
        return (
            f"CASE WHEN {with_offset} THEN epoch(try_cast(time AS TIMESTAMPTZ))::BIGINT "
            "ELSE epoch(try_cast(time AS TIMESTAMP))::BIGINT END"
        )
    if re.search("%[YyGxcsQ]", file.time_format.replace("%%", "")):
        return f"epoch(try_strptime(time, {literal(file.time_format)}))::BIGINT"
    pattern = literal("%Y " + file.time_format)
    return f"epoch(try_strptime('1972 ' || time, {pattern}))::BIGINT"


def _checks(dataset: Dataset, file: RawFile) -> list[_Check]:
    checks = [
        _Check("user_text IS NULL", "user_text", "The user is missing", "Fill it in or remove the row."),
        _Check("item_text IS NULL", "item_text", "The item is missing", "Fill it in or remove the row."),
    ]
    if "behaviour" in file.present:
        codes = ", ".join(dataset.behaviours or dataset.all_behaviours)
        checks.append(
            _Check(
                "behaviour IS NULL",
                "behaviour_text",
                "The behaviour is unknown",
                f"Known are {codes}; add it to `behaviours` and `supportive` of the catalogue entry.",
            )
        )
    if "value" in file.present:
        checks.append(
            _Check(
                f"value IS NULL OR isnan(value) OR value < 0 OR value > {MOST}",
                "value_text",
                f"The value is not a number from 0 to {MOST:g}",
                "Correct the row, or check which column `value` names.",
            )
        )
    if "time" in file.present:
        allow_zero = " AND time_text <> '0'" if file.zero_time_is_unknown else ""
        checks.append(
            _Check(
                f"(time IS NULL AND time_text IS NOT NULL{allow_zero})"
                f" OR time < {BEGIN_OF_TIME} OR time >= {END_OF_TIME}",
                "time_text",
                f"The time cannot be read as {file.time_format}",
                "Correct the row, or set `time_format` (unix_s, unix_ms, iso or a pattern such as %Y-%m-%d).",
            )
        )
    return checks


def _unreadable(connection: duckdb.DuckDBPyConnection, file: RawFile, error: duckdb.Error) -> DataError:
    message = str(error)
    path = str(file.path)
    if "GZIP" in message:
        return DataError(
            "The gzip file is damaged or only half there", where=path, cure="Delete it and fetch it again."
        )
    if "JSON" in message:
        broken = connection.execute(
            f"SELECT row FROM (SELECT c1, row_number() OVER () AS row FROM {line_source(file.path)}) "
            "WHERE NOT json_valid(c1) LIMIT 1"
        ).fetchone()
        where = f"{path}, line {broken[0]}" if broken else path
        return DataError("The line is not valid JSON", where=where, cure="Correct or remove the line.")
    line = re.search(r"CSV Error on Line: (\d+)", message)
    where = f"{path}, line {line.group(1)}" if line else path
    if width := re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message):
        problem = f"The row has {width.group(2)} columns, the first line has {width.group(1)}"
        return DataError(problem, where=where, cure="Correct the row; the file may be only half there.")
    if "unterminated quote" in message:
        problem = "A quotation mark is opened and never closed"
        return DataError(problem, where=where, cure="Close or remove it.")
    if "Maximum line size" in message:
        return DataError(LINE_TOO_LONG, where=where, cure=LINE_CURE)
    if "invalid state" in message and (number := mixed_line_end(file.path, "latin-1")):
        return DataError(
            "The line ends otherwise than the lines before it",
            where=f"{path}, line {number}",
            cure="Write all line ends in one way, \\n or \\r\\n: dos2unix does it, or an editor.",
        )
    if "unicode" in message:
        return DataError(
            "The text is not in the expected encoding",
            where=where,
            cure="Set `encoding` of `columns`, for example latin-1, or add the file again with --encoding.",
        )
    reason = next((text for text in message.splitlines()[2:] if text), message.splitlines()[0])
    return DataError(f"The row cannot be read ({reason.strip()})", where=where, cure="Correct the row.")
