"""The verbs of `sepcl`: what each does, and the function that does it, imported only when asked for.

A function is given the words behind the verb and returns the exit status; those of `TRAINING_VERBS` are given the verb
first.
"""

TRAINING_VERBS = ("fit", "validate", "test", "predict")

GROUPS: dict[str, dict[str, tuple[str, str]]] = {
    "To begin": {
        "demo": ("train, evaluate and show, from nothing, in a few minutes", "lightning_sepcl.cli.demo:run"),
        "demo-separation": (
            "train a classifier and a separator that is told what it hears, and take a mixture apart",
            "lightning_sepcl.cli.demo_separation:run",
        ),
        "init": ("write a folder of experiments to start from", "lightning_sepcl.cli.init:run"),
        "plugins": ("list what an experiment can be made of, with all arguments", "lightning_sepcl.cli.plugins:run"),
    },
    "Experiments": {
        "fit": ("train the method of an experiment", "lightning_sepcl.cli.training:run"),
        "validate": ("judge a trained method on the validation clips", "lightning_sepcl.cli.training:run"),
        "test": ("judge a trained method on the test clips", "lightning_sepcl.cli.training:run"),
        "predict": ("embed clips with a trained method", "lightning_sepcl.cli.training:run"),
        "preview": ("draw the views of a few training clips", "lightning_sepcl.cli.preview:run"),
        "report": (
            "write the page of a run: figures, curves, views, neighbours to listen to",
            "lightning_sepcl.cli.report:run",
        ),
        "reproduce": ("run the rows of a paper's table and compare", "lightning_sepcl.cli.reproduce:run"),
        "paired": ("compare separators of a table mixture by mixture", "lightning_sepcl.cli.paired:run"),
        "sweep": ("try settings of an experiment, as a W&B sweep file says", "lightning_sepcl.cli.sweep:run"),
    },
    "Recordings": {
        "embed": ("embed a folder of recordings with a trained method", "lightning_sepcl.cli.embed:run"),
        "search": ("find what sounds like an example among embedded recordings", "lightning_sepcl.cli.search:run"),
        "explore": (
            "open a page with a map of embedded recordings, to hear and search them",
            "lightning_sepcl.cli.explore:run",
        ),
        "separate": ("write the channels of recordings as audio files", "lightning_sepcl.cli.separate:run"),
    },
    "Data sets": {
        "data": (
            "get a data set, check it, draw what is in it, write it as shards",
            "lightning_sepcl.cli.data:run",
        ),
        "separate-dataset": (
            "take every clip of a data set apart, for trainings that view the channels",
            "lightning_sepcl.cli.separate_dataset:run",
        ),
        "rooms": ("simulate rooms and write corpora heard in them", "lightning_sepcl.cli.rooms:run"),
    },
    "Models": {
        "export": (
            "write a trained model as safetensors, ONNX, TorchScript or a HEAR module",
            "lightning_sepcl.cli.export:run",
        ),
        "save-classifier": (
            "write what a run trained as a classifier for conditioned separators",
            "lightning_sepcl.cli.save_classifier:run",
        ),
        "convert-separator": (
            "turn a published TensorFlow separator into one of this suite",
            "lightning_sepcl.cli.convert_separator:run",
        ),
    },
    "The suite itself": {
        "torture": (
            "inject kills, full disks and damaged files into small jobs, and check what follows",
            "lightning_sepcl.torture.command:run",
        ),
    },
}
"""By what they are for, in the order in which they are listed."""

VERBS = {verb: told for group in GROUPS.values() for verb, told in group.items()}
