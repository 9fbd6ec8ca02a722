"""The report: one page about a run, with figures, curves, pictures of the views and neighbours one can listen to."""

from lightning_sepcl.report.listening import files_below
from lightning_sepcl.report.pictures import feature_panel, log_mel, save_views, thumbnail, views_figure, wave_panel
from lightning_sepcl.report.run_folder import ClipViews, EmbeddedSet, ReportError, RunFolder, read_run_folder
from lightning_sepcl.report.write import write_report

__all__ = [
    "ClipViews",
    "EmbeddedSet",
    "ReportError",
    "RunFolder",
    "feature_panel",
    "files_below",
    "log_mel",
    "read_run_folder",
    "save_views",
    "thumbnail",
    "views_figure",
    "wave_panel",
    "write_report",
]
