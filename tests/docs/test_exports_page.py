"""The page of the exports is what its script makes of the records that lie beside it."""

import importlib.util
import json
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_that_of_its_records():
    found = importlib.util.spec_from_file_location("exports_page", DOCS / "exports_page.py")
    script = importlib.util.module_from_spec(found)
    found.loader.exec_module(script)
    records = {file.stem: json.loads(file.read_text()) for file in sorted(script.RECORDS.glob("*.json"))}
    text = script.page(records)
    assert script.PAGE.read_text() == text
    for record in records.values():
        assert all(case["relative"] <= record["tolerance"] for cases in record["agreement"].values() for case in cases)
        assert not record["environment"]["dirty"]
