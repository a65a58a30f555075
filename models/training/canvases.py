"""Pictures that vgg19_lite.py paints with the student during training (DAgger, Ross et al., AISTATS 2011)."""
import math

import torch
from PIL import Image

from vgg19 import CONTENT_LAYER, STYLE_LAYERS, gram, relative, total_variation


class Canvases:
    """A pool of style transfers that the student paints during training, one step at a time."""

    def __init__(self, pictures, count, lifetime):
        self.pictures, self.count, self.lifetime, self.pool = pictures, count, lifetime, []

    def fresh(self, side):
        rng = self.pictures.rng
        style = self.pictures.painting(side) if rng.random() < 0.75 else self.pictures.any(side)
        content = self.pictures.photo(side)
        start = content if rng.random() < 0.8 else self.pictures.noise(side)
        return {"image": start.clone(), "content": content, "style": style, "alpha": math.exp(rng.uniform(-1.5, 1)),
                "m": torch.zeros_like(start), "v": torch.zeros_like(start), "age": 0, "life": rng.randint(self.lifetime // 3, self.lifetime)}

    def paint(self, student, number, side, device):
        """Makes one Adam step (learning rate 0.03, clamped to 0..1) on `number` canvases. Returns their pictures and their styles, each (number,3,side,side)."""
        self.pool = [c for c in self.pool if c["image"].shape[-1] == side and c["age"] < c["life"]]
        while len(self.pool) < self.count:
            self.pool.append(self.fresh(side))
        chosen = self.pictures.rng.sample(self.pool, number)
        image, content, style = (torch.stack([c[key] for c in chosen]).to(device) for key in ("image", "content", "style"))
        alpha = torch.tensor([c["alpha"] for c in chosen], device=device)
        with torch.no_grad():
            targets = student(torch.cat((content, style)))
        image.requires_grad_(True)
        features = student(image)
        loss = alpha * relative(features[CONTENT_LAYER], targets[CONTENT_LAYER][:number]) + 0.02 * total_variation(image)
        for layer in STYLE_LAYERS:
            loss = loss + 100 / len(STYLE_LAYERS) * relative(gram(features[layer]), gram(targets[layer][number:]))
        (gradient,) = torch.autograd.grad(loss.sum(), image)
        for canvas, g in zip(chosen, gradient.cpu()):
            canvas["age"] += 1
            canvas["m"].lerp_(g, 0.1)
            canvas["v"].lerp_(g * g, 0.001)
            m, v = canvas["m"] / (1 - 0.9 ** canvas["age"]), canvas["v"] / (1 - 0.999 ** canvas["age"])
            canvas["image"] = (canvas["image"] - 0.03 * m / (v.sqrt() + 1e-8)).clamp(0, 1)
        return torch.stack([c["image"] for c in chosen]), torch.stack([c["style"] for c in chosen])


def sheet(path, canvases, rows=4):
    """Sample sheet to look at: content, style and the student's painting so far, one row for each canvas."""
    oldest = sorted(canvases.pool, key=lambda c: -c["age"])[:rows]
    cells = [torch.cat([c["content"], c["style"], c["image"]], 2) for c in oldest]
    Image.fromarray((torch.cat(cells, 1).permute(1, 2, 0) * 255).round().byte().numpy()).save(path)
