"""Judges a CycleGAN pair: do its translations look like originals of the other domain, and do they return to the input?

The measure is the Frechet distance of Heusel et al. ("GANs Trained by a Two Time-Scale Update Rule Converge to a Local
Nash Equilibrium", NIPS 2017), on features of VGG-19 instead of Inception: |m - n|^2 + tr(S + T - 2 (S T)^(1/2)) between
Gaussians that are fitted to the features of two sets of pictures. Every position of a feature map is one sample (nothing
is pooled), so a few hundred pictures give about 10^5 samples. The distance therefore compares strokes, edges and textures
instead of subjects. Layers: conv3_1 (256 channels, one position for 4x4 pixels) and conv5_1 (512 channels, 16x16), after
relu, with average pooling.

The photos and paintings that are translated were not used for training. For comparison, the results also have the
distance of the untranslated pictures and that of unseen originals from originals (the best possible). Pictures are
squares of 256 px without 8 px at each border (style transfer leaves a rim).

    python3 models/training/evaluate_cyclegan.py --weights .../export --paintings .../paintings --out .../judgement.json

Cycle error: mean absolute difference in 1/255 between a picture and its translation there and back, with the translation
rounded to 8 bits.
"""
import argparse
import json
from pathlib import Path

import torch

from generators import ResnetGenerator
from paint_domain import part, square
from vgg19 import Teacher, read_safetensors

LAYERS = ("conv3_1", "conv5_1")
RIM = 8


def generator(folder, name):
    """The generator <folder>/<name>/<name>.safetensors, built from its card."""
    architecture = json.loads((Path(folder) / name / "card.json").read_text())["architecture"]
    network = ResnetGenerator(architecture["channels"], architecture["blocks"])
    network.load_state_dict(read_safetensors(Path(folder) / name / f"{name}.safetensors"))
    return network.requires_grad_(False)


def translate(network, picture):
    """Translates (N,3,H,W) in 0..1 and rounds to 8 bits as in a file."""
    return (((network(picture * 2 - 1) + 1) * 127.5).round().clamp(0, 255)) / 255


class Statistics:
    """Mean and covariance of the features of a set of pictures over all positions."""

    def __init__(self, teacher, pictures):
        self.count, self.sum, self.square = {}, {}, {}
        for picture in pictures:
            features = teacher(picture[:, :, RIM:-RIM, RIM:-RIM])
            for layer in LAYERS:
                places = features[layer].flatten(2)[0].T.double()
                self.count[layer] = self.count.get(layer, 0) + len(places)
                self.sum[layer] = self.sum.get(layer, 0) + places.sum(0)
                self.square[layer] = self.square.get(layer, 0) + places.T @ places

    def gaussian(self, layer):
        mean = self.sum[layer] / self.count[layer]
        return mean, self.square[layer] / self.count[layer] - torch.outer(mean, mean)


def root(matrix):
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag(values.clamp_min(0).sqrt()) @ vectors.T


def distance(one, other, layer):
    """Frechet distance of two Statistics. tr (S T)^(1/2) = tr (S^(1/2) T S^(1/2))^(1/2), which is symmetric."""
    (m, s), (n, t) = one.gaussian(layer), other.gaussian(layer)
    half = root(s)
    shared = torch.linalg.eigvalsh(half @ t @ half).clamp_min(0).sqrt().sum()
    return float((m - n).square().sum() + s.trace() + t.trace() - 2 * shared)


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weights", required=True, help="folder written by export_cyclegan.py, with a folder for each direction")
    parser.add_argument("--paintings", required=True, help="folder of what paint_domain.py painted")
    parser.add_argument("--out", required=True, help="judgement.json")
    parser.add_argument("--photos", default="../shared/data/photos")
    parser.add_argument("--teacher", default="../shared/weights/vgg19/vgg19.safetensors")
    parser.add_argument("--pictures", type=int, default=200, help="originals in each heap of reference")
    parser.add_argument("--translated", type=int, default=100, help="number of unseen pictures to translate in each direction")
    parser.add_argument("--bfloat16", action="store_true", help="VGG-19 in bfloat16")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    teacher = Teacher(args.teacher, torch.bfloat16 if args.bfloat16 else torch.float32)
    there, back = (generator(args.weights, name) for name in ("photo-to-painting", "painting-to-photo"))

    def heap(name, most, painted=False):
        paths = part(args.photos, name)
        if painted:
            paths = [path for path in (Path(args.paintings) / f"{photo.stem}.png" for photo in paths) if path.exists()]
        chosen = paths[:: max(1, len(paths) // most)][:most]
        return [square(path, 256)[None] for path in chosen]

    photos, paintings = heap("photos", args.pictures), heap("paintings", args.pictures, True)
    unseen = {"photo": heap("unseen photos", args.translated), "painting": heap("unseen paintings", args.translated, True)}
    known = {"photo": Statistics(teacher, photos), "painting": Statistics(teacher, paintings)}
    originals = {kind: Statistics(teacher, pictures) for kind, pictures in unseen.items()}
    counts = {kind: len(pictures) for kind, pictures in unseen.items()}
    result = {"pictures": {"reference": {"photo": len(photos), "painting": len(paintings)}, "translated": counts}}
    ways = [("photo-to-painting", there, back, "photo", "painting"), ("painting-to-photo", back, there, "painting", "photo")]
    for name, network, other, source, target in ways:
        translated = [translate(network, picture) for picture in unseen[source]]
        statistics = Statistics(teacher, translated)
        returned = [translate(other, picture) for picture in translated]
        errors = [(a - b).abs().mean().item() * 255 for a, b in zip(returned, unseen[source])]
        changes = [(a - b).abs().mean().item() * 255 for a, b in zip(translated, unseen[source])]
        result[name] = {
            "frechet": {layer: {
                "untouched": round(distance(originals[source], known[target], layer), 2),
                "translated": round(distance(statistics, known[target], layer), 2),
                "unseen_originals": round(distance(originals[target], known[target], layer), 2),
            } for layer in LAYERS},
            "cycle_error": round(sum(errors) / len(errors), 2),
            "change": round(sum(changes) / len(changes), 2),
        }
        print(name, json.dumps(result[name]), flush=True)
    Path(args.out).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
