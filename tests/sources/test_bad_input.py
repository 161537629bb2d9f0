from __future__ import annotations

import gzip
import io
import resource
import zipfile
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from patron.kernel.errors import InputError
from sources.loaded import Loaded

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "order id,customer id,email,product,sku,quantity,price,date\n"
ROW = "1,7,a@example.com,Cup,CUP,2,3.50,2024-01-01 10:00\n"


def written(tmp_path: Path, content: str | bytes, name: str = "lines.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refused(file: Path, source: str = "lines", mapping: str = "") -> str:
    loaded = Loaded()
    with pytest.raises(InputError) as caught:
        loaded.load(source, file, mapping=mapping)
    assert "orders" not in loaded.store.tables() or loaded.rows("SELECT count(*) FROM orders") == [(0,)]
    return str(caught.value)


def test_an_empty_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    assert "lines.csv is empty." in refused(written(tmp_path, ""))


def test_a_missing_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    assert "There is no such file." in refused(tmp_path / "lines.csv")


def test_a_header_alone_is_a_file_without_records(tmp_path: Path) -> None:
    report = Loaded().load("lines", written(tmp_path, HEADER))
    assert (report.read, report.kept, report.refused) == (0, 0, 0)


@pytest.mark.parametrize(("delimiter", "decimal"), [(";", ","), ("\t", "."), ("|", ".")])
def test_other_delimiters_are_found(tmp_path: Path, delimiter: str, decimal: str) -> None:
    text = (HEADER + ROW).replace(",", delimiter).replace("3.50", f"3{decimal}50")
    loaded = Loaded()
    loaded.load("lines", written(tmp_path, text))
    assert loaded.rows("SELECT total FROM orders") == [(700,)]


def test_a_wrong_delimiter_in_a_mapping_fails_as_a_whole(tmp_path: Path) -> None:
    assert "not recognised" in refused(written(tmp_path, HEADER + ROW), mapping='[reading]\ndelimiter = ";"')


def test_missing_columns_are_all_named_with_the_nearest(tmp_path: Path) -> None:
    message = refused(written(tmp_path, "order idd,sku,quantty,price\n1,A,1,2\n"))
    assert "'order_number'" in message
    assert "did you mean 'order idd'?" in message
    assert "did you mean 'quantty'?" in message
    assert "'ordered_at'" in message


def test_a_parquet_file_with_missing_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lines.parquet"
    pq.write_table(pa.table({"InvoiceNo": ["1"], "Quantity": [1]}), path)
    assert "'unit_price'" in refused(path)


def test_a_cut_off_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lines.parquet"
    pq.write_table(pa.table({"InvoiceNo": ["1"] * 1000}), path)
    path.write_bytes(path.read_bytes()[:-20])
    assert "lines.parquet cannot be read." in refused(path)


def test_files_of_another_kind_are_named_for_what_they_are(tmp_path: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("lines.csv", b"0" * 10_000_000)
    assert "a ZIP archive" in refused(written(tmp_path, archive.getvalue()))
    assert "a gzip archive" in refused(written(tmp_path, gzip.compress(b"0" * 1_000_000)))
    assert "name it .parquet" in refused(written(tmp_path, b"PAR1" + bytes(100)))
    assert "is not a Parquet file" in refused(written(tmp_path, HEADER + ROW, "lines.parquet"))
    assert "is not text" in refused(written(tmp_path, bytes(range(256)) * 8))


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8-sig", "Müller"), ("utf-16", "Müller"), ("utf-16-le", "Müller Tasse"), ("cp1250", "Żółta gęś – łóżko, kaczuszka"), ("cp1251", "Красная чашка с блюдцем"),
     ("cp1252", "Schöne Tasse für Gäste, größer")],
)  # fmt: skip
def test_encodings_are_found(tmp_path: Path, encoding: str, name: str) -> None:
    text = HEADER + "".join(f'{n},7,a@example.com,"{name}",A{n},1,1,2024-01-01\n' for n in range(20))
    loaded = Loaded()
    loaded.load("lines", written(tmp_path, text.encode(encoding)))
    assert loaded.rows("SELECT DISTINCT name FROM products") == [(name,)]


def test_quoted_newlines_are_kept_and_lines_are_counted_through_them(tmp_path: Path) -> None:
    text = HEADER + '1,7,a@example.com,"Cup\nand\nsaucer",CUP,2,3.50,2024-01-01\n\n' + "2,7,a@example.com,Cup,CUP,two,3.50,2024-01-01\n"
    loaded = Loaded()
    report = loaded.load("lines", written(tmp_path, text))
    assert (report.read, report.kept, report.refused) == (2, 1, 1)
    assert loaded.rows("SELECT name FROM products") == [("Cup\nand\nsaucer",)]
    assert loaded.rows('SELECT line, "column", value FROM refused') == [(6, "quantity", "two")]


def test_a_row_of_ten_thousand_cells_is_refused_alone(tmp_path: Path) -> None:
    loaded = Loaded()
    report = loaded.load("lines", written(tmp_path, HEADER + ROW + ",".join("x" * 10_000) + "\n" + ROW.replace("1,", "2,", 1)))
    assert (report.read, report.kept, report.refused) == (3, 2, 1)
    assert loaded.rows("SELECT line, expected FROM refused") == [(3, "as many cells as the header has")]


def test_a_file_of_ten_thousand_columns_is_read(tmp_path: Path) -> None:
    more = ",".join(f"extra {n}" for n in range(10_000))
    text = HEADER.strip() + "," + more + "\n" + ROW.strip() + "," + ",".join("0" * 10_000) + "\n"
    assert Loaded().load("lines", written(tmp_path, text)).kept == 1


def test_a_line_of_five_gigabytes_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + ROW)
    with path.open("r+b") as file:
        file.seek(5 << 30)
        file.write(b"\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "too long to be a record" in refused(path) or "not text" in refused(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kilobytes


def test_a_truncated_last_row_is_refused(tmp_path: Path) -> None:
    for tail in ("2,7,a@exa", '2,7,a@example.com,"Cup'):
        loaded = Loaded()
        report = loaded.load("lines", written(tmp_path, HEADER + ROW + tail))
        assert (report.read, report.kept, report.refused) == (2, 1, 1)
        assert loaded.rows("SELECT line FROM refused") == [(3,)]


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (("2024-01-31 10:00", "2024-02-01T10:00:00"), ("2024-01-31", "2024-02-01")),
        (("31/01/2024 10:00", "01/02/2024 10:00"), ("2024-01-31", "2024-02-01")),
        (("1/31/2024 10:00 AM", "2/1/2024 10:00 am"), ("2024-01-31", "2024-02-01")),
        (("31.01.24", "1.2.24"), ("2024-01-31", "2024-02-01")),
        (("2024-01-31T10:00:00+02:00", "2024-02-01T10:00:00Z"), ("2024-01-31", "2024-02-01")),
    ],
)
def test_dates_are_read_in_the_order_of_their_column(tmp_path: Path, dates: tuple[str, str], expected: tuple[str, str]) -> None:
    text = HEADER + "".join(f"{n},7,a@example.com,Cup,CUP,1,1,{date}\n" for n, date in enumerate(dates, 1))
    loaded = Loaded()
    assert loaded.load("lines", written(tmp_path, text)).refused == 0
    assert tuple(r[0] for r in loaded.rows("SELECT ordered_at::DATE::VARCHAR FROM orders ORDER BY order_number")) == expected


def test_dates_that_could_be_either_are_asked_about(tmp_path: Path) -> None:
    text = HEADER + "1,7,a@example.com,Cup,CUP,1,1,01/02/2024\n"
    message = refused(written(tmp_path, text))
    assert 'date_order = "dmy" or "mdy"' in message
    loaded = Loaded()
    loaded.load("lines", written(tmp_path, text), mapping='[reading]\ndate_order = "mdy"')
    assert loaded.rows("SELECT ordered_at::DATE::VARCHAR FROM orders") == [("2024-01-02",)]


def test_a_date_of_another_form_far_down_is_read_or_refused_but_not_misread(tmp_path: Path) -> None:
    rows = "".join(f"{n},7,a@example.com,Cup,CUP,1,1,2024-01-01 10:00\n" for n in range(6_000))
    loaded = Loaded()
    report = loaded.load("lines", written(tmp_path, HEADER + rows + "x,7,,Cup,CUP,1,1,2024-01-01 10:00:00+05:00\ny,7,,Cup,CUP,1,1,soon\n"))
    assert report.refused == 1
    assert loaded.rows("SELECT ordered_at::VARCHAR FROM orders WHERE order_number = 'x'") == [("2024-01-01 05:00:00",)]
    assert loaded.rows("SELECT line, value FROM refused") == [(6_003, "soon")]


def test_huge_quantities_and_amounts_are_refused_with_a_reason(tmp_path: Path) -> None:
    text = HEADER + ROW.replace(",2,3.50", ",99999999999,3.50") + ROW.replace(",2,3.50", ",1e30,3.50") + ROW.replace("3.50", "999999999999")
    loaded = Loaded()
    assert loaded.load("lines", written(tmp_path, text)).refused == 3
    assert loaded.rows('SELECT "column", expected FROM refused ORDER BY line') == [
        ("quantity", "a quantity of at most ten million"),
        ("quantity", "a number such as 3 or 0.5"),
        ("price", "a price of at most a hundred million"),
    ]


def test_a_mapping_with_a_wrong_column_names_the_nearest(tmp_path: Path) -> None:
    message = refused(written(tmp_path, HEADER + ROW), mapping='[columns]\nunit_price = "pric"\norder_numbr = "order id"')
    assert "did you mean 'price'?" in message
    assert "did you mean 'order_number'?" in message


def test_all_bad_files_of_a_command_are_told_at_once_and_nothing_is_loaded(tmp_path: Path) -> None:
    loaded = Loaded()
    good, empty, archive = written(tmp_path, HEADER + ROW), written(tmp_path, "", "empty.csv"), written(tmp_path, b"PK\x03\x04", "zip.csv")
    with pytest.raises(InputError) as caught:
        loaded.load("lines", good, empty, archive)
    assert "empty.csv is empty." in str(caught.value)
    assert "zip.csv is a ZIP archive" in str(caught.value)
    assert "orders" not in loaded.store.tables()


def test_an_unknown_source_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'shopify'"):
        Loaded().load("shopfy")


def test_messages_hold_no_personal_data(tmp_path: Path) -> None:
    text = "email,first name,order id,date,total\nann@example.com,Ann,1,2024-01-01,x\n"
    report = Loaded().load("orders", written(tmp_path, text))
    assert "ann" not in " ".join(map(str, report.files[0].problems)).lower()


def test_a_file_name_with_signs_of_a_pattern_is_that_file(tmp_path: Path) -> None:
    written(tmp_path, HEADER + ROW.replace("1,", "2,", 1), "lines a.csv")
    loaded = Loaded()
    loaded.load("lines", written(tmp_path, HEADER + ROW, "lines [a]*'.csv"))
    assert loaded.rows("SELECT order_number FROM orders") == [("1",)]


def test_the_line_that_is_too_long_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + ROW * 70_000)
    with path.open("ab") as file:
        file.write(b"x" * (9 << 20))
    with pytest.raises(InputError) as found:
        Loaded().load("lines", path)
    assert found.value.problems[0].where == f"{path.name}, line 70002"
