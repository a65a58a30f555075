"""Training pictures for networks that must handle more than photos."""
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image


class Pictures:
    """Random training crops: photos, paintings, noise of all scales, and mixtures of these."""

    def __init__(self, photos, paintings, held_out, rng):
        self.rng = rng
        self.photos = [self.read(p, 400) for p in sorted(Path(photos).glob("*.jpg"))]
        self.paintings = [self.read(p, 1200) for p in sorted(Path(paintings).glob("*.jpg")) if p.stem not in held_out]

    @staticmethod
    def read(path, longest):
        picture = Image.open(path).convert("RGB")
        picture.thumbnail((longest, longest), Image.LANCZOS)
        return picture

    def crop(self, picture, side, smallest, largest):
        """A square crop whose side is a random share of the picture's short side, resized to side, perhaps flipped."""
        rng, short = self.rng, min(picture.size)
        extent = short * math.exp(rng.uniform(math.log(smallest), math.log(largest)))
        left, top = rng.uniform(0, picture.width - extent), rng.uniform(0, picture.height - extent)
        picture = picture.resize((side, side), Image.BICUBIC, (left, top, left + extent, top + extent))
        if rng.random() < 0.5:
            picture = picture.transpose(Image.FLIP_LEFT_RIGHT)
        return torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1).float() / 255

    def photo(self, side):
        return self.crop(self.rng.choice(self.photos), side, 0.4, 1)

    def painting(self, side):
        return self.crop(self.rng.choice(self.paintings), side, 0.15, 1)

    def noise(self, side):
        """Sum of noises of several grain sizes around a random colour, in 0..1."""
        rng, picture = self.rng, torch.rand(3, 1, 1).expand(3, side, side)
        for _ in range(rng.randint(1, 3)):
            cells = max(2, side // 2 ** rng.randint(0, 5))
            grain = torch.randn(1, rng.choice((1, 3)), cells, cells)
            picture = picture + rng.uniform(0.05, 0.35) * F.interpolate(grain, size=(side, side), mode="bicubic", align_corners=False)[0]
        return picture.clamp(0, 1)

    def any(self, side):
        """The mixture of pictures on which the student is trained."""
        kind = self.rng.random()
        if kind < 0.4:
            return self.photo(side)
        if kind < 0.7:
            return self.painting(side)
        if kind < 0.78:
            return self.noise(side)
        one, other = self.photo(side), self.rng.choice((self.photo, self.painting, self.noise))(side)
        share = self.rng.uniform(0.2, 0.8)
        return (share * one + (1 - share) * other).clamp(0, 1)
