"""The ledger: records of runs, tables as data, claims that are judged, and pages generated from them."""

from lightning_sepcl.ledger.claim import Claim, Figure, Relation
from lightning_sepcl.ledger.environment import Hardware, capture_environment
from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.finding import find_table, table_files
from lightning_sepcl.ledger.job_run import JobRun
from lightning_sepcl.ledger.markdown import markdown
from lightning_sepcl.ledger.page import page
from lightning_sepcl.ledger.places import Places, places_of
from lightning_sepcl.ledger.plan import Job, jobs_of
from lightning_sepcl.ledger.reproduce import reproduce, reproduce_one
from lightning_sepcl.ledger.run_record import RunRecord, merge_record, read_record, write_record
from lightning_sepcl.ledger.runner import Runner
from lightning_sepcl.ledger.table import Baseline, Column, Line, Row, Run, Stage, Table
from lightning_sepcl.ledger.table_file import read_table
from lightning_sepcl.ledger.verdict import Verdict, judge, judge_about, verdict

__all__ = [
    "Baseline",
    "Claim",
    "Column",
    "Figure",
    "Hardware",
    "Job",
    "JobRun",
    "LedgerError",
    "Line",
    "Places",
    "Relation",
    "Row",
    "Run",
    "RunRecord",
    "Runner",
    "Stage",
    "Table",
    "Verdict",
    "capture_environment",
    "find_table",
    "jobs_of",
    "judge",
    "judge_about",
    "markdown",
    "merge_record",
    "page",
    "places_of",
    "read_record",
    "read_table",
    "reproduce",
    "reproduce_one",
    "table_files",
    "verdict",
    "write_record",
]
