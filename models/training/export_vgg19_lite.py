"""Writes the vgg19-lite of a training run into <run>/export, as weights in half precision with their card.

    python3 models/training/export_vgg19_lite.py --run /somewhere/vgg19-lite [--judgement /somewhere/judgement/judgement.json]
"""
import argparse
import hashlib
import json
from pathlib import Path

import torch

from vgg19 import MEAN_BGR, write_safetensors
from vgg19_lite import Student, plan_of


def export(args):
    state = torch.load(Path(args.run) / "checkpoint.pt", map_location="cpu")
    student = Student(plan=plan_of(state["student"]))
    student.load_state_dict(state["student"])
    folder = Path(args.run) / "export"
    folder.mkdir(exist_ok=True)
    weights = folder / "vgg19-lite.safetensors"
    write_safetensors(weights, student.exported())
    card = {
        "id": "vgg19-lite",
        "title": "VGG-19 lite: features for style transfer, distilled from VGG-19",
        "kind": "features",
        "model": weights.name,
        "format": "safetensors, float16: block{b}_conv{n}.weight (OIHW) and .bias of the trunk, conv{layer}.weight (1x1) and .bias of the taps",
        "architecture": {
            "family": "vgg19-lite",
            "blocks": [[{"channels": width, "tap": tap, "components": k} if tap else {"channels": width} for width, tap, k in block] for block in student.plan],
            "kernel": 3, "stride": 1, "groups": 1, "dilation": 1, "activation": "relu after every trunk convolution, none after a tap",
            "padding": ["reflect" if block < Student.MIRRORED else "zeros" for block in range(len(student.plan))],
            "pooling": "2x2 average, stride 2, between blocks",
        },
        "input": {"layout": "NCHW", "colour": "BGR", "range": "0..255 minus mean", "mean_bgr": list(MEAN_BGR)},
        "output": "the teacher's features after relu in its k leading principal components (orthonormal, mean not subtracted), divided by the root of their mean energy",
        "energy_kept": {tap: round(share, 4) for tap, share in state["kept"].items()},
        "params": sum(p.numel() for p in student.parameters()),
        "gflop_256_forward": round(student.cost() / 1e9, 2),
        "bytes": weights.stat().st_size,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "licence": args.licence,
        "source": {"repository": "this one", "path": "models/training/vgg19_lite.py", "origin": "distilled from VGG-19 (Visual Geometry Group, Oxford)"},
        "training": {
            "command": "python3 models/training/vgg19_lite.py --out ../training/vgg19-lite",
            "iterations": state["iteration"], "seconds": round(state["seconds"]), "torch": torch.__version__,
            "arguments": {name: state["args"][name] for name in ("seed", "learning_rate", "gram_weight", "deepest_weight", "sides", "canvases", "lifetime", "replays", "held_out", "bfloat16")},
            **({"note": args.note} if args.note else {}),
            "data": "1,000 ImageNet sample photos (one for each class; rights with their photographers, for training only), nine public-domain paintings, noise, mixtures, pictures painted with the student",
        },
    }
    if args.judgement:
        judgement = json.loads(Path(args.judgement).read_text())
        card["measured"] = {
            "method": "models/training/evaluate_vgg19_lite.py: relative Gram error, under VGG-19, of the network's paintings at 256 px, at VGG-19's content term; 0 is the photo, 1 VGG-19's result",
            "way": round(judgement["way"], 3), "layers": {layer: round(way, 3) for layer, way in judgement["layers"].items()},
            "pairs": {pair["pair"]: round(pair["way"], 3) for pair in judgement["pairs"]},
        }
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n")
    print(f"exported iteration {state['iteration']}, {state['seconds']:.0f} s of training")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", required=True, help="the run's folder, with checkpoint.pt")
    parser.add_argument("--judgement", help="judgement.json of these weights, for the card")
    parser.add_argument("--note", default="", help="more about the history of the training, for the card")
    parser.add_argument("--licence", default="derived from VGG-19's features (Visual Geometry Group, Oxford: believed CC BY 4.0, not verified)")
    export(parser.parse_args())
