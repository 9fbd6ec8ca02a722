"""The ledger: records of runs, tables as data, claims that are judged, and pages generated from them."""

from lightning_sepcl.ledger.claim import Claim
from lightning_sepcl.ledger.environment import Hardware, capture_environment
from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.page import page, write_page
from lightning_sepcl.ledger.plan import Job, jobs_of
from lightning_sepcl.ledger.reproduce import reproduce, reproduce_main
from lightning_sepcl.ledger.run_record import RunRecord, merge_record, read_record, write_record
from lightning_sepcl.ledger.runner import Runner
from lightning_sepcl.ledger.table import Baseline, Column, Line, Row, Table
from lightning_sepcl.ledger.table_file import find_table, read_table
from lightning_sepcl.ledger.verdict import Verdict, judge, verdict

__all__ = [
    "Baseline",
    "Claim",
    "Column",
    "Hardware",
    "Job",
    "LedgerError",
    "Line",
    "Row",
    "RunRecord",
    "Runner",
    "Table",
    "Verdict",
    "capture_environment",
    "find_table",
    "jobs_of",
    "judge",
    "merge_record",
    "page",
    "read_record",
    "read_table",
    "reproduce",
    "reproduce_main",
    "verdict",
    "write_page",
    "write_record",
]
