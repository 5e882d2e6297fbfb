"""Compares Parquet files with the CSV files they were exported from, as pyarrow, pandas and DuckDB read them.

    pip install pyarrow pandas duckdb
    python tests/peers/read_parquet.py samples.csv samples.parquet

Run by hand; no test needs it.
"""

import csv
import math
import sys

import duckdb
import pandas
import pyarrow.parquet


def equal(text, value):
    """Whether a CSV cell and a typed value say the same."""
    if value is None or isinstance(value, float) and math.isnan(value):
        return text in ("", "NaN", "nan")
    if isinstance(value, bool):
        return text.lower() == str(value).lower()
    if isinstance(value, int):
        return int(float(text)) == value
    if isinstance(value, float):
        return float(text) == value
    return text == value


def main(csv_path, parquet_path):
    table = pyarrow.parquet.read_table(parquet_path)
    for field in table.schema:
        print(f"{field.name}: {field.type}")
    with open(csv_path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == table.num_rows, (len(rows), table.num_rows)
    for name in table.column_names:
        for line, (row, value) in enumerate(zip(rows, table.column(name).to_pylist()), start=2):
            assert equal(row[name], value), (name, line, row[name], value)
    frame = pandas.read_parquet(parquet_path)
    assert frame.shape == (table.num_rows, table.num_columns)
    [(count,)] = duckdb.sql(f"select count(*) from '{parquet_path}'").fetchall()
    assert count == table.num_rows
    print(f"{count} rows, {table.num_columns} columns: equal")


main(*sys.argv[1:])
