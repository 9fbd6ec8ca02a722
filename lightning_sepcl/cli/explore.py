"""`sepcl explore embeddings.npz`: a page on this machine to see, hear and search what `sepcl embed` embedded."""

from __future__ import annotations

import webbrowser
from argparse import Namespace
from functools import cache
from pathlib import Path

from lightning_sepcl.cli.embed import device_named
from lightning_sepcl.cli.search import matching_checkpoint
from lightning_sepcl.cli.separate import usable_separator
from lightning_sepcl.cli.trained import load_trained
from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.errors import UserError
from lightning_sepcl.explore.embeddings import Embeddings
from lightning_sepcl.explore.page.background_map import BackgroundMap
from lightning_sepcl.explore.page.channels import Channels
from lightning_sepcl.explore.page.clips import Clips
from lightning_sepcl.explore.page.example import Embed, Examples
from lightning_sepcl.explore.page.groups import groups_of
from lightning_sepcl.explore.page.routes import Routes
from lightning_sepcl.explore.page.server import PageServer
from lightning_sepcl.explore.page.site import Site
from lightning_sepcl.explore.projection import principal_plane
from lightning_sepcl.explore.search import Query, embed_query
from lightning_sepcl.explore.stored_map import map_file
from lightning_sepcl.report.strips import strips


def run(args: list[str]) -> int:
    """Serve the page until Ctrl-C."""
    given = parser().parse_args(args)
    site = site_of(given)
    with PageServer(Routes(site), given.port) as server:
        site.map.start()
        print(_told(site, server.address), flush=True)
        if not given.no_browser:
            webbrowser.open(server.address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nclosed")
        finally:
            site.map.stop()
    return 0


def site_of(given: Namespace) -> Site:
    """What is to be served.

    Raises:
        UserError: a file that was named is not there, or is not what it should be.
    """
    embeddings = Embeddings.read(given.embeddings)
    if not len(embeddings.h):
        raise UserError(f"{given.embeddings} holds no recordings")
    root = given.root or Path(embeddings.origin.root)
    if given.root is not None and not root.is_dir():
        raise UserError(f"no folder {root}: --root names where the recordings are now")
    clips = Clips(embeddings, root, strips)
    return Site(
        clips=clips,
        map=BackgroundMap(embeddings, map_file(given.embeddings)),
        plane=principal_plane(embeddings.index),
        groups=groups_of(embeddings.paths, root, given.labels),
        examples=_examples(clips, given.checkpoint),
        channels=Channels(clips, usable_separator(given.separator, "auto")) if given.separator else None,
    )


def _examples(clips: Clips, checkpoint: Path | None) -> Examples | str:
    """A search by example; where nobody named the checkpoint and it cannot be found, the reason why not."""
    try:
        return Examples(clips, _embed(matching_checkpoint(checkpoint, clips.embeddings.origin), clips.embeddings))
    except UserError as error:
        if checkpoint is not None:
            raise
        return str(error)


def _embed(checkpoint: Path, embeddings: Embeddings) -> Embed:
    """Embeds examples; the method is loaded for the first of them, since many look at the map alone."""
    method = cache(lambda: load_trained(checkpoint, device_named("auto")))

    def embed(path: Path) -> Query:
        return embed_query(method(), path, embeddings.origin)

    return embed


def _told(site: Site, address: str) -> str:
    found = site.clips.embeddings
    clips = f"{len(found.h)} clips of {len(found.paths)} recordings"
    notes: list[str] = []
    if isinstance(site.examples, str):
        notes.append(f"no search by example: {site.examples}")
    if not site.clips.root.is_dir():
        notes.append(f"nothing can be heard: no folder {site.clips.root}; --root names where the recordings are now")
    return "\n".join([*notes, f"{clips}: {address}", "Ctrl-C closes it"])


def parser() -> VerbParser:
    """The words behind the verb."""
    made = VerbParser(
        "sepcl explore",
        "Open a page on this machine with a map of the recordings that sepcl embed embedded: hear them, see what is "
        "near, search with a file of your own. Nothing leaves the machine.",
    )
    add = made.add_argument
    add("embeddings", type=Path, metavar="EMBEDDINGS", help="what sepcl embed wrote")
    add("--labels", type=Path, metavar="FILE.csv", help="colours for the map: a CSV with the columns file and label "
        "(default: labels.csv in the folder of the recordings, if it is there)")  # fmt: skip
    add("--separator", type=Path, metavar="FILE", help="take clips apart with it: a .safetensors separator, or the "
        "folder of a run")  # fmt: skip
    add("--checkpoint", type=Path, help="where the checkpoint of the embeddings is now, if it was moved; it embeds the "
        "files you search with")  # fmt: skip
    add("--root", type=Path, help="where the recordings are now, if they were moved")
    add("--port", type=int, default=0, help="of the page's address (default: any that is free)")
    add("--no-browser", action="store_true", help="print the address alone")
    return made
