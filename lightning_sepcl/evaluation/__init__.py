"""Judging embeddings: protocols, baselines that need no training, and the callback that runs both.

Takes anything that embeds; knows neither methods nor data.
"""

from lightning_sepcl.evaluation.average_precision import average_precision, mean_average_precision
from lightning_sepcl.evaluation.azimuth_error import azimuth_error, azimuth_of
from lightning_sepcl.evaluation.baselines import Baseline, LogMelStatistics
from lightning_sepcl.evaluation.callback import Evaluation
from lightning_sepcl.evaluation.collector import embed_clips
from lightning_sepcl.evaluation.embedded_set import EmbeddedSet, Embedder
from lightning_sepcl.evaluation.evaluation_head import EvaluationHead
from lightning_sepcl.evaluation.event_localisation import EventLocalisationEvaluation
from lightning_sepcl.evaluation.hear_module import HearModule
from lightning_sepcl.evaluation.knn import KNN
from lightning_sepcl.evaluation.linear_probe import LinearProbe
from lightning_sepcl.evaluation.protocol import Figure, Protocol, judge_embeddings
from lightning_sepcl.evaluation.query_by_example import QueryByExample, query_by_example
from lightning_sepcl.evaluation.results_file import read_results, write_embeddings, write_results
from lightning_sepcl.evaluation.results_table import print_results, results_table
from lightning_sepcl.evaluation.run_evaluation import RunEvaluation
from lightning_sepcl.evaluation.separation_callback import SeparationEvaluation
from lightning_sepcl.evaluation.separation_scores import SourceScores, source_scores
from lightning_sepcl.evaluation.separation_summary import separation_results
from lightning_sepcl.evaluation.shallow_classifier import ShallowClassifier
from lightning_sepcl.evaluation.srp_phat import SRPPHAT
from lightning_sepcl.evaluation.standardise import standardised
from lightning_sepcl.evaluation.two_source_localisation import TwoSourceLocalisationEvaluation
from lightning_sepcl.evaluation.untrained import UntrainedEncoder
from lightning_sepcl.evaluation.whiten import whitened

__all__ = [
    "KNN",
    "SRPPHAT",
    "Baseline",
    "EmbeddedSet",
    "Embedder",
    "Evaluation",
    "EvaluationHead",
    "EventLocalisationEvaluation",
    "Figure",
    "HearModule",
    "LinearProbe",
    "LogMelStatistics",
    "Protocol",
    "QueryByExample",
    "RunEvaluation",
    "SeparationEvaluation",
    "ShallowClassifier",
    "SourceScores",
    "TwoSourceLocalisationEvaluation",
    "UntrainedEncoder",
    "average_precision",
    "azimuth_error",
    "azimuth_of",
    "embed_clips",
    "judge_embeddings",
    "mean_average_precision",
    "print_results",
    "query_by_example",
    "read_results",
    "results_table",
    "separation_results",
    "source_scores",
    "standardised",
    "whitened",
    "write_embeddings",
    "write_results",
]
