"""All classes of synthetic sound by name. To add one: write its file, import it, name it here."""

from lightning_sepcl.synth.bell import bell
from lightning_sepcl.synth.bird_chirp import bird_chirp
from lightning_sepcl.synth.clap import clap
from lightning_sepcl.synth.cricket import cricket
from lightning_sepcl.synth.drum import drum
from lightning_sepcl.synth.engine import engine
from lightning_sepcl.synth.knock import knock
from lightning_sepcl.synth.plucked_string import plucked_string
from lightning_sepcl.synth.rain import rain
from lightning_sepcl.synth.sawing import sawing
from lightning_sepcl.synth.siren import siren
from lightning_sepcl.synth.telephone import telephone
from lightning_sepcl.synth.vowel import vowel
from lightning_sepcl.synth.water_drops import water_drops
from lightning_sepcl.synth.waveform import Sound
from lightning_sepcl.synth.whistle import whistle
from lightning_sepcl.synth.wind import wind

CATALOGUE: dict[str, Sound] = {
    "plucked_string": plucked_string,
    "bell": bell,
    "knock": knock,
    "drum": drum,
    "bird_chirp": bird_chirp,
    "whistle": whistle,
    "siren": siren,
    "telephone": telephone,
    "engine": engine,
    "vowel": vowel,
    "cricket": cricket,
    "water_drops": water_drops,
    "rain": rain,
    "wind": wind,
    "clap": clap,
    "sawing": sawing,
}
"""Name of the class -> its generator, in the order of label vectors."""
