"""Paints photos in one manner: the second domain of the CycleGAN recipe, made by our own style transfer.

A discriminator that sees only six paintings memorises them and wins. Style transfer (Gatys, Ecker, Bethge: "Image Style
Transfer Using Convolutional Neural Networks", CVPR 2016) paints hundreds in the manner of one, and with vgg19-lite each
takes seconds. The photos that are painted here are not in CycleGAN's first domain, so the domains remain unpaired.

The painting's colours are moved part of the way to the photo's, by the linear map that gives them its mean and covariance
(Gatys, Bethge, Hertzmann, Shechtman: "Preserving Color in Neural Artistic Style Transfer", 2016). With share 0, every
picture becomes blue and yellow, and the photo cannot be recovered; with share 1, the painting's colours are lost.

The optimiser leaves a fine mesh in flat areas, which a generator would mistake for paint. A median over 3x3 pixels removes
it and preserves the edges of strokes.

    python3 models/training/paint_domain.py --weights .../vgg19-lite.safetensors --out /somewhere/paintings

Writes a PNG file for each photo. It can be killed at any time and then continues where it was stopped.
"""
import argparse
import os
import random
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageFilter

from evaluate_vgg19_lite import paint
from vgg19_lite import Student

# The position of a photo in the sorted folder, modulo ten, determines its use. Neighbours are similar (ImageNet's classes
# are sorted by their WordNet number), so every part has all kinds of pictures.
PARTS = {"photos": (0, 2, 4, 6), "paintings": (1, 3, 5, 7), "unseen paintings": (8,), "unseen photos": (9,)}


def part(folder, name):
    """The paths of the photos for `name`, one of PARTS."""
    return [path for place, path in enumerate(sorted(Path(folder).glob("*.jpg"))) if place % 10 in PARTS[name]]


def square(path, side):
    """The middle square of a picture as (3,side,side) in 0..1."""
    picture = Image.open(path).convert("RGB")
    extent, left, top = min(picture.size), (picture.width - min(picture.size)) / 2, (picture.height - min(picture.size)) / 2
    picture = picture.resize((side, side), Image.LANCZOS, (left, top, left + extent, top + extent))
    return torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1).float() / 255


def power(covariance, exponent):
    values, vectors = torch.linalg.eigh(covariance)
    return vectors @ torch.diag(values.clamp_min(1e-5) ** exponent) @ vectors.T


def recoloured(style, photo, share):
    """The painting (3,h,w) with its colours moved `share` of the way to those of the photo."""
    colours, wanted = style.flatten(1), photo.flatten(1)
    matrix = power(torch.cov(wanted), 0.5) @ power(torch.cov(colours), -0.5)
    moved = matrix @ (colours - colours.mean(1, keepdim=True)) + wanted.mean(1, keepdim=True)
    return ((1 - share) * colours + share * moved).reshape(style.shape).clamp(0, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weights", required=True, help="vgg19-lite.safetensors")
    parser.add_argument("--out", required=True, help="folder for the paintings")
    parser.add_argument("--photos", default="../shared/data/photos", help="folder of JPEG photos")
    parser.add_argument("--whole", action="store_true", help="paint every picture of the folder, not only those for the recipe")
    parser.add_argument("--style", default="../shared/images/style/starry_night.jpg", help="the painting")
    parser.add_argument("--style-side", type=int, default=400, help="short side of the painting: the larger, the broader the strokes")
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--share", type=float, default=0.35, help="how far the colours move towards the photo's: 0 to 1")
    parser.add_argument("--alpha", type=float, default=1, help="weight of the content")
    parser.add_argument("--steps", type=int, default=110)
    parser.add_argument("--batch", type=int, default=4, help="photos painted at a time")
    parser.add_argument("--bfloat16", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    network = Student.load(args.weights, args.bfloat16).requires_grad_(False).to(memory_format=torch.channels_last)
    style = Image.open(args.style).convert("RGB")
    scale = args.style_side / min(style.size)
    style = style.resize((round(style.width * scale), round(style.height * scale)), Image.LANCZOS)
    style = torch.from_numpy(np.asarray(style).copy()).permute(2, 0, 1).float() / 255
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    waiting = []
    for name in ("paintings", "unseen paintings"):
        paths = sorted(Path(args.photos).glob("*.jpg")) if args.whole else part(args.photos, name)
        random.Random(1).shuffle(paths)  # so that even a part of them has all kinds of pictures
        waiting += [path for path in paths if path not in waiting and not (out / f"{path.stem}.png").exists()]
    for at in range(0, len(waiting), args.batch):
        begun, chosen = time.time(), waiting[at : at + args.batch]
        content = torch.stack([square(path, args.side) for path in chosen])
        styles = torch.stack([recoloured(style, photo, args.share) for photo in content])
        for path, painted in zip(chosen, paint(network, content, styles, args.alpha, args.steps)):
            partial = out / f"{path.stem}.partial"
            picture = Image.fromarray((painted.permute(1, 2, 0) * 255).round().byte().numpy())
            picture.filter(ImageFilter.MedianFilter(3)).save(partial, "PNG")
            os.replace(partial, out / f"{path.stem}.png")
        print(f"{at + len(chosen)} of {len(waiting)}, {(time.time() - begun) / len(chosen):.1f} s each", flush=True)


if __name__ == "__main__":
    main()
