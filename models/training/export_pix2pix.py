"""Writes the generator of a pix2pix run into <out>/drawing-to-emoji, as weights in half precision with their card.

    python3 models/training/export_pix2pix.py --run .../pix2pix --out .../export [--judgement .../judgement.json]
    python3 models/training/export_pix2pix.py --run .../pix2pix-l1 --bare .../l1.safetensors  # only weights, for comparison

Beside the weights it puts a sample sheet (drawing and result for our own sketches; drawing, result and truth for emojis of
held-out concepts) and a pair of pictures for tests: reference/input.png (a sketch) and reference/output.png, computed with
the half-precision weights.
"""
import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import sketches
from evaluate_pix2pix import load
from generators import UnetGenerator, cost, exported
from pix2pix import CHANNELS, Pairs, from_pixels, restore_statistics, to_pixels
from vgg19 import write_safetensors

NAME = "drawing-to-emoji"
ATTRIBUTION = "Trained on emojis of OpenMoji 17 (https://openmoji.org, the open-source emoji and icon project), licence CC BY-SA 4.0"
ARGUMENTS = ("seed", "iterations_128", "batch_128", "batch_256", "learning_rate", "decay_from", "gan_weight", "l1_weight", "judge_channels", "judge_rate", "averaging", "bfloat16")


def generator_of(run, data, side=256):
    """The averaged generator of a run (a folder, or a checkpoint), with batch-norm statistics estimated at `side`, and the checkpoint."""
    state = torch.load(Path(run) / "checkpoint.pt" if Path(run).is_dir() else run, map_location="cpu")
    network = UnetGenerator(CHANNELS if side == 256 else CHANNELS[1:])
    network.load_state_dict(state["mean"])
    return restore_statistics(network, Pairs(data), side, torch.device("cpu"), batches=40), state


@torch.no_grad()
def sheet(path, network, pairs, cell=144):
    """Sketches with pens of several widths in two rows, then held-out emojis, four in a row."""

    def row(cells):
        return np.concatenate([np.asarray(Image.fromarray(to_pixels(c[0])).resize((cell, cell), Image.LANCZOS)) for c in cells], 1)

    rows, cells = [], []
    for n, name in enumerate([*sketches.SKETCHES, "cat", "house"]):  # the last two once more, drawn slightly differently
        x = from_pixels(sketches.draw(name, 256, pen=(5, 7, 10)[n % 3], seed=n // 10))
        cells += [x, network(x)]
    rows += [row(cells[k : k + 12]) for k in range(0, len(cells) - 11, 12)]
    cells = []
    for n, i in enumerate(pairs.held_out[2 :: len(pairs.held_out) // 20][:20]):
        x, y = pairs.pair(pairs.raw(i, (0, 2, 3)[n % 3])[None])
        cells += [x, network(x), y]
    rows += [row(cells[k : k + 12]) for k in range(0, len(cells) - 11, 12)]
    whole = Image.fromarray(np.concatenate(rows, 0))
    for quality in range(90, 30, -5):
        whole.save(path, "WEBP", quality=quality, method=6)
        if path.stat().st_size < 240_000:
            return


@torch.no_grad()
def export(args):
    network, state = generator_of(args.run, args.data, args.side)
    if args.bare:
        write_safetensors(args.bare, exported(network))
        return
    folder, pairs = Path(args.out) / NAME, Pairs(args.data)
    (folder / "reference").mkdir(parents=True, exist_ok=True)
    weights = folder / f"{NAME}.safetensors"
    write_safetensors(weights, exported(network))
    whole, network = network, load(weights)
    page = sketches.draw(args.reference, 256, pen=6)
    x = from_pixels(page)
    Image.fromarray(np.repeat(page[:, :, None], 3, 2)).save(folder / "reference" / "input.png")
    Image.fromarray(to_pixels(network(x)[0])).save(folder / "reference" / "output.png")
    sheet(folder / "sheet.webp", network, pairs)
    card = {
        "id": NAME, "title": "Line drawing to coloured emoji", "kind": "pix2pix", "takes": "line-drawing", "model": weights.name,
        "format": "safetensors, float16, names as in the state_dict of junyanz/pytorch-CycleGAN-and-pix2pix; an up-convolution is Sequential(Upsample, Conv2d)",
        "architecture": {
            "family": "unet-generator", "inputChannels": 3, "outputChannels": 3, "firstChannels": CHANNELS[0], "channels": list(CHANNELS), "blocks": len(CHANNELS),
            "norm": "batch", "affine": True, "statistics": "training", "eps": 1e-5, "upsampling": "nearest", "separable": False, "padding": "zeros", "dropout": False,
        },
        "input": {"name": "input", "layout": "NCHW", "dtype": "float32", "colour": "RGB", "range": [-1, 1], "from_uint8": "v/127.5-1"},
        "output": {"name": "output", "layout": "NCHW", "dtype": "float32", "colour": "RGB", "range": [-1, 1], "to_uint8": "clamp(round((v+1)*127.5),0,255)"},
        "native_size": [256, 256], "size_multiple": 2 ** len(CHANNELS), "min_size": 256,
        "params": sum(p.numel() for p in network.parameters()), "gflop_256": round(cost(network) / 1e9, 2),
        "bytes": weights.stat().st_size, "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "licence": "CC BY-SA 4.0: it is not settled whether weights are adapted material of the pictures that they were trained on; to be on the safe side, the weights and the sheet have the licence of the pictures",
        "attribution": ATTRIBUTION,
        "source": {"repository": "this one", "path": "models/training/pix2pix.py"},
        "training": {
            "command": args.command or "python3 models/training/pix2pix.py --data ../training/openmoji --out ../training/pix2pix",
            "data": f"{len(pairs.train)} emojis of openmoji 17 drawn {pairs.drawings} times each (models/training/draw_openmoji.mjs); {len(pairs.held_out)} more, a tenth of the concepts, held out",
            "iterations": state["iteration"], "seconds": round(state["seconds"]), "torch": torch.__version__,
            "arguments": {name: state["args"][name] for name in ARGUMENTS if name in state["args"]},
        },
        "notes": [
            "Input: black lines on white, 3 to 14 px wide at 256 px; gaps of a few pixels do no harm.",
            "The weights are a moving average of the generator's weights, with batch-norm statistics estimated again at 256 px.",
            "Trained for 256 px: at other sizes an area gets patches of several colours. Scale the drawing to 256 px, and the result back.",
            f"Half precision changes pixels of the reference by at most {np.abs(to_pixels(whole(x)[0]).astype(int) - to_pixels(network(x)[0])).max()}/255.",
        ],
        "sheet": "sheet.webp",
    }
    card["notes"] += args.note
    if args.judgement:
        card["measured"] = {"method": "models/training/evaluate_pix2pix.py: held-out pairs; l1 in 0..1; vgg19: relative squared error of features, mean over five layers; "
                                      "colourfulness relative to the truth. drawing: the input itself. Drawings 0: original pen, 3: thinner pen with gaps",
                            "judgements": [json.loads(Path(path).read_text()) for path in args.judgement]}
    if args.speed:
        card.setdefault("measured", {})["speed_256"] = args.speed
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n")
    print(f"iteration {state['iteration']}, {card['params']} parameters, {card['bytes']} bytes, {card['gflop_256']} GFLOP, sheet {(folder / 'sheet.webp').stat().st_size} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", required=True, help="the run's folder, with checkpoint.pt")
    parser.add_argument("--out", help=f"folder in which {NAME}/ is written")
    parser.add_argument("--bare", help="write only the weights, to this file")
    parser.add_argument("--side", type=int, default=256, choices=(128, 256), help="128 for a run whose network has not grown yet (only with --bare)")
    parser.add_argument("--data", default="../training/openmoji", help="folder of the drawn pairs")
    parser.add_argument("--reference", default="flower", help="sketch for the reference pictures")
    parser.add_argument("--judgement", nargs="+", help="judgement of these weights by evaluate_pix2pix.py")
    parser.add_argument("--note", action="append", default=[], help="a further sentence for the card")
    parser.add_argument("--command", help="for the card: how it was trained, if not with the defaults")
    parser.add_argument("--speed", help="for the card: measured time for a picture of 256 px")
    export(parser.parse_args())
