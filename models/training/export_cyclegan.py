"""Writes both generators of a CycleGAN run into <out>/<id>, as weights in half precision with their cards.

    python3 models/training/export_cyclegan.py --run .../cyclegan --out .../export --samples web/public/samples \\
        --painted-samples .../painted-samples [--judgement .../judgement.json]

Beside the weights it puts a sample sheet (inputs at the top, translations in the middle, translations back at the bottom)
and a pair of pictures for tests: reference/input.png and reference/output.png, computed with the half-precision weights.
They contain no training data, only the samples and the paintings that paint_domain.py --whole makes of them.
"""
import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from cyclegan import networks
from evaluate_cyclegan import translate
from generators import cost, exported
from paint_domain import square
from vgg19 import read_safetensors, write_safetensors

DIRECTIONS = {
    "photo-to-painting": ("photo_to_painting", "painting-to-photo", "Photo to painting, in the manner of The Starry Night"),
    "painting-to-photo": ("painting_to_photo", "photo-to-painting", "Painting to photo: takes the strokes of The Starry Night away"),
}
LEFT_OUT = ("out", "paintings", "photos", "vgg19_lite", "threads", "device", "log_every", "save_minutes", "channels", "blocks", "iterations")

COMMAND = ("python3 models/training/paint_domain.py --weights <vgg19-lite.safetensors> --out <paintings> && "
           "python3 models/training/cyclegan.py --paintings <paintings> --vgg19-lite <vgg19-lite.safetensors> --out <run>")
METHOD = ("models/training/evaluate_cyclegan.py: Frechet distance on VGG-19 features of unseen pictures, every position one sample; "
          "cycle error and change: mean absolute difference in 1/255")
PICTURE = {"layout": "NCHW", "dtype": "float32", "colour": "RGB", "range": [-1, 1]}
LICENCE = ("that of this repository; the training used features of VGG-19 (Visual Geometry Group, Oxford: believed CC BY 4.0, "
           "not verified) through vgg19-lite")


def image(picture):
    """(1,3,H,W) in 0..1 as a PIL picture."""
    return Image.fromarray((picture[0].permute(1, 2, 0) * 255).round().clamp(0, 255).byte().numpy())


@torch.no_grad()
def sheet(path, inputs, network, other):
    columns = []
    for picture in inputs:
        translated = translate(network, picture)
        columns.append(torch.cat((picture, translated, translate(other, translated)), 2))
    whole = image(torch.cat(columns, 3))
    for quality in range(90, 30, -5):
        whole.save(path, "WEBP", quality=quality, method=6)
        if path.stat().st_size < 240_000:
            return


def files(folder, names):
    found = [next(Path(folder).glob(f"{name}.*")) for name in names.split(",")]
    return [square(path, 256)[None] for path in found]


def export(args):
    state = torch.load(Path(args.run) / "checkpoint.pt", map_location="cpu")
    kept = state["args"]
    nets = networks(kept["channels"], kept["blocks"], kept["judge_channels"])
    torch.nn.ModuleDict({name: nets[name] for name, *_ in DIRECTIONS.values()}).load_state_dict(state["averages"])
    judgement = json.loads(Path(args.judgement).read_text()) if args.judgement else None
    halves = {}
    for identity, (name, *_) in DIRECTIONS.items():
        folder = Path(args.out) / identity
        (folder / "reference").mkdir(parents=True, exist_ok=True)
        write_safetensors(folder / f"{identity}.safetensors", exported(nets[name]))
        halves[identity] = nets[name].eval()
        halves[identity].load_state_dict(read_safetensors(folder / f"{identity}.safetensors"))
    for identity, (_, reverse, title) in DIRECTIONS.items():
        folder, network = Path(args.out) / identity, halves[identity]
        weights = folder / f"{identity}.safetensors"
        painting = identity == "painting-to-photo"
        inputs = files(args.painted_samples, args.paintings) if painting else files(args.samples, args.photos)
        sheet(folder / "sheet.webp", inputs, network, halves[reverse])
        image(inputs[0]).save(folder / "reference" / "input.png")
        with torch.no_grad():
            image(translate(network, inputs[0])).save(folder / "reference" / "output.png")
        card = {
            "id": identity, "title": title, "kind": "cyclegan", "model": weights.name,
            "format": "safetensors, float16, names as in the state_dict of junyanz/pytorch-CycleGAN-and-pix2pix",
            "architecture": {
                "family": "resnet-generator", "inputChannels": 3, "outputChannels": 3, "firstChannels": kept["channels"][0],
                "channels": list(kept["channels"]), "blocks": kept["blocks"], "norm": "instance", "affine": False, "eps": 1e-5,
                "upsampling": "nearest", "separable": False, "padding": "reflect", "dropout": False,
            },
            "input": {"name": "input", **PICTURE, "from_uint8": "v/127.5-1"},
            "output": {"name": "output", **PICTURE, "to_uint8": "clamp(round((v+1)*127.5),0,255)"},
            "native_size": [256, 256], "size_multiple": 4, "min_size": 32,
            "params": sum(p.numel() for p in network.parameters()), "gflop_256": round(cost(network) / 1e9, 2),
            "bytes": weights.stat().st_size, "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
            "licence": args.licence, "attribution": "Manner: Vincent van Gogh, The Starry Night, 1889 (public domain)",
            "source": {"repository": "this one", "path": "models/training/cyclegan.py"},
            "training": {
                "command": COMMAND,
                "data": "400 ImageNet sample photos (rights with their photographers, for training only); "
                f"{state['paintings']} pictures that paint_domain.py made of other photos of that set in the manner of The Starry Night",
                "iterations": state["iteration"], "seconds": round(state["seconds"]), "torch": torch.__version__,
                "arguments": {name: value for name, value in kept.items() if name not in LEFT_OUT},
            },
            "notes": [
                "The pair with " + reverse + ": a picture keeps its objects when it is translated there and back.",
                "The weights are moving averages of the generators' weights.",
                "A Gram term on features of vgg19-lite was part of the training (a departure from the paper).",
                *args.notes,
            ],
            "sheet": "sheet.webp",
        }
        if judgement:
            card["measured"] = {"method": METHOD, **judgement[identity], "pictures": judgement["pictures"]}
        if args.speed:
            card.setdefault("measured", {})["speed_256"] = args.speed
        (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n")
        figures = {name: card[name] for name in ("params", "bytes", "gflop_256")}
        print(f"{identity}: iteration {state['iteration']}, {figures}, sheet {(folder / 'sheet.webp').stat().st_size} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", required=True, help="the run's folder, with checkpoint.pt")
    parser.add_argument("--out", required=True, help="folder for the results: <id>/ for each direction")
    parser.add_argument("--samples", default="web/public/samples", help="folder of photos that may be shown")
    parser.add_argument("--painted-samples", required=True, help="folder of the paintings that paint_domain.py --whole made of them")
    parser.add_argument("--photos", default="nagasaki-boats,alps,allium,airplane", help="samples for the sheet; the first is the reference")
    parser.add_argument("--paintings", default="alps,nagasaki-boats,meadow-dots,acanthus")
    parser.add_argument("--judgement", help="judgement of these weights by evaluate_cyclegan.py")
    parser.add_argument("--speed", help="for the card: measured time for a picture of 256 px")
    parser.add_argument("--notes", nargs="*", default=[], help="sentences for the card")
    parser.add_argument("--licence", default=LICENCE)
    export(parser.parse_args())
