"""Judges a pix2pix generator on the held-out concepts, beside one trained with L1 alone and the bare drawing.

It measures each picture at --side (256 px) in three ways: L1 (mean absolute difference from the truth, in 0..1); the
distance under VGG-19 (mean over conv1_1, 2_1, 3_1, 4_1 and 5_1 of the relative squared error of the features, which
punishes colours that end before the line and mixtures of all colours more than L1 does); and the colourfulness (mean
difference of the largest and the smallest channel, relative to the truth's: the median of all colours is grey and brown).

    python3 models/training/evaluate_pix2pix.py --weights .../drawing-to-emoji.safetensors --l1-only .../l1.safetensors --out .../judgement.json
"""
import argparse
import json
from pathlib import Path

import torch

from generators import UnetGenerator
from pix2pix import CHANNELS, Pairs
from vgg19 import STYLE_LAYERS, Teacher, read_safetensors, relative


def load(path, side=256):
    """The U-Net in a safetensors file, frozen. The U-Net for 128 px has one level less."""
    network = UnetGenerator(CHANNELS if side == 256 else CHANNELS[1:]).eval().requires_grad_(False)
    network.load_state_dict(read_safetensors(path), strict=False)  # batch norm's counters are not in the file
    return network


def as_file(picture):
    """Converts (1,3,H,W) in -1..1 to 0..1, rounded to 8 bits as in a file."""
    return ((picture + 1) * 127.5).round().clamp(0, 255) / 255


def colourful(picture):
    return (picture.amax(1) - picture.amin(1)).mean().item()


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weights", required=True, help="safetensors file of the generator")
    parser.add_argument("--l1-only", help="safetensors file of the same U-Net trained with --gan-weight 0")
    parser.add_argument("--out", required=True, help="judgement.json")
    parser.add_argument("--data", default="../training/openmoji", help="folder of the drawn pairs")
    parser.add_argument("--teacher", default="../shared/weights/vgg19/vgg19.safetensors")
    parser.add_argument("--drawings", default="0,3", help="index of the drawing of each emoji: 0 is the original, 3 a thinner pen with gaps")
    parser.add_argument("--side", type=int, default=256, choices=(128, 256), help="128 for weights from before the network was grown")
    parser.add_argument("--bfloat16", action="store_true", help="VGG-19 in bfloat16")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    pairs, teacher = Pairs(args.data), Teacher(args.teacher, torch.bfloat16 if args.bfloat16 else torch.float32)
    candidates = {"drawing": lambda x: x, "pix2pix": load(args.weights, args.side)}
    if args.l1_only:
        candidates["l1_only"] = load(args.l1_only, args.side)
    result = {"pictures": len(pairs.held_out), "side": args.side, "drawings": {}}
    for drawing in map(int, args.drawings.split(",")):
        sums = {name: torch.zeros(3) for name in candidates}
        for _, x, y in pairs.held_out_pairs(args.side, drawing):
            truth = as_file(y)
            wanted, colour = teacher(truth), colourful(truth)
            for name, network in candidates.items():
                made = as_file(network(x))
                features = teacher(made)
                distance = sum(relative(features[layer], wanted[layer]).item() for layer in STYLE_LAYERS) / len(STYLE_LAYERS)
                sums[name] += torch.tensor([(made - truth).abs().mean().item(), distance, colourful(made)])
            sums["truth"] = sums.get("truth", 0) + colour
        whole = float(sums.pop("truth"))
        result["drawings"][str(drawing)] = {
            name: {"l1": round(values[0].item() / len(pairs.held_out), 4), "vgg19": round(values[1].item() / len(pairs.held_out), 4),
                   "colourfulness": round(values[2].item() / whole, 3)}
            for name, values in sums.items()
        }
        print(f"drawing {drawing}:", json.dumps(result["drawings"][str(drawing)]), flush=True)
    Path(args.out).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
