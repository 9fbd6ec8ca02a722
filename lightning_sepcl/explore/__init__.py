"""Explore: a folder of recordings becomes a file of embeddings, in which similar sounds are found."""

from lightning_sepcl.explore.collection import Outcome, embed_collection
from lightning_sepcl.explore.embedder import Embedder
from lightning_sepcl.explore.embeddings import Embeddings, Frames, Origin
from lightning_sepcl.explore.embeddings_file import read_embeddings, write_embeddings
from lightning_sepcl.explore.nearest import Index
from lightning_sepcl.explore.search import Hit, Query, embed_query, search

__all__ = [
    "Embedder",
    "Embeddings",
    "Frames",
    "Hit",
    "Index",
    "Origin",
    "Outcome",
    "Query",
    "embed_collection",
    "embed_query",
    "read_embeddings",
    "search",
    "write_embeddings",
]
