"""CycleGAN: photo to painting and back, learned from two unpaired sets of pictures.

Zhu, Park, Isola, Efros: "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks", ICCV 2017.
There are two generators: G translates photos (A) to paintings (B), and F translates back. For each side, a discriminator
learns to tell translations from originals, and the generators learn to deceive it. A picture that passes through both
generators must return unchanged (cycle), and a generator must not change pictures of its target domain (identity). From
the paper: ResNet generators with instance norm and mirrored borders, 70x70 PatchGAN, least-squares adversarial loss (Mao
et al., "Least Squares Generative Adversarial Networks", ICCV 2017), a pool of 50 earlier translations for the
discriminators (Shrivastava et al., CVPR 2017), Adam with beta1 0.5, whose rate is constant for half of the time and then
falls linearly to 0.

Departures, each with its reason:
1. Domain B is painted by our own style transfer (paint_domain.py): hundreds of pictures in one manner. A discriminator
   would memorise a handful of real paintings. The photos that were painted are not in A.
2. The networks are thin, because a CPU must translate 25 pictures of 256 px a second. They enlarge with
   nearest-neighbour up-sampling (generators.py).
3. A Gram term (Gatys et al., CVPR 2016) on features of vgg19-lite pulls G's paintings towards the running mean of the
   originals' Gram matrices: strokes appear after an hour instead of a day. With a weight of 1 to 3 they are a fine grain
   in one direction; with 8 they are broad strokes that follow the shapes. To leave room for them, the weight of the cycle
   is 5 instead of 10.
4. Cycles hide the input in a grain that is barely visible (Chu, Zhmoginov, Sandler: "CycleGAN, a Master of
   Steganography", 2017). Noise on the translation before it is translated back drowns that grain (Bashkirova, Usman,
   Saenko: "Adversarial Self-Defense for Cycle-Consistent GANs", NeurIPS 2019), and the cycle is compared at half the
   resolution. A painting contains more than its photo, namely strokes. Its cycle therefore weighs less and is compared at
   a quarter of the resolution; otherwise the photo would have to keep traces of every stroke.
5. Some photos reach G without their colours (grey or sepia), like old photos; the discriminator never sees those.
6. A second pair of discriminators looks at half the resolution, where a patch covers whole swirls (as in Wang et al.,
   "High-Resolution Image Synthesis and Semantic Manipulation with Conditional GANs", CVPR 2018).
7. The result is a moving average of the generators' weights, which varies less than the weights after the last step.

    python3 models/training/paint_domain.py --weights .../vgg19-lite.safetensors --out .../paintings   # domain B first
    python3 models/training/cyclegan.py --paintings .../paintings --vgg19-lite .../vgg19-lite.safetensors --out .../cyclegan

Runs on a CPU (PyTorch 1.13 or later) or with CUDA. SIGTERM saves a checkpoint and ends; kill -9 loses minutes.
"""
import argparse
import copy
import csv
import math
import os
import random
import signal
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from generators import PatchDiscriminator, ResnetGenerator, initialise
from paint_domain import part
from vgg19 import STYLE_LAYERS, gram, relative, total_variation
from vgg19_lite import Student

NETWORKS = ("photo_to_painting", "painting_to_photo", "photo_judge", "painting_judge")
TERMS = ("gan_painting", "gan_photo", "cycle_photo", "cycle_painting", "identity", "gram", "judge_photo", "judge_painting")

# ---------------------------------------------------------------- pictures


class Crops:
    """Random square crops of a list of pictures, from -1 to 1, flipped half of the time."""

    def __init__(self, paths, side, rng, reduction=1.6, border=0):
        """reduction: largest reduction of a crop. border: pixels that are never used (style transfer leaves a rim)."""
        self.pictures = [Image.open(path).convert("RGB") for path in paths]
        self.side, self.rng, self.reduction, self.border = side, rng, reduction, border

    def one(self):
        rng, picture, border = self.rng, self.rng.choice(self.pictures), self.border
        extent = min(self.side * rng.uniform(1, self.reduction), min(picture.size) - 2 * border)
        left = rng.uniform(border, picture.width - border - extent)
        top = rng.uniform(border, picture.height - border - extent)
        crop = picture.resize((self.side, self.side), Image.BICUBIC, (left, top, left + extent, top + extent))
        if rng.random() < 0.5:
            crop = crop.transpose(Image.FLIP_LEFT_RIGHT)
        return torch.from_numpy(np.asarray(crop).copy()).permute(2, 0, 1).float() / 127.5 - 1

    def batch(self, number):
        return torch.stack([self.one() for _ in range(number)])


def faded(photos, rng, share):
    """Removes the colours from a share of the photos, some of which become sepia."""
    photos = photos.clone()
    for picture in photos:
        if rng.random() < share:
            grey = (picture * torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(0, keepdim=True)
            warmth = rng.choice((0, rng.uniform(0, 0.12)))
            picture.copy_((grey + warmth * torch.tensor([1, 0.3, -1]).view(3, 1, 1)).clamp(-1, 1))
    return photos


class Pool:
    """The latest translations: half of the time a discriminator sees an earlier one instead of the newest."""

    def __init__(self, size, rng):
        self.size, self.rng, self.pictures = size, rng, []

    def exchange(self, batch):
        shown = []
        for picture in batch:
            if len(self.pictures) < self.size:
                self.pictures.append(picture)
                shown.append(picture)
            elif self.rng.random() < 0.5:
                place = self.rng.randrange(self.size)
                shown.append(self.pictures[place])
                self.pictures[place] = picture
            else:
                shown.append(picture)
        return torch.stack(shown)


# ---------------------------------------------------------------- networks and losses


class Judge(nn.Module):
    """Two discriminators, one of which sees the picture at half its side. They give two maps of judgements."""

    def __init__(self, channels):
        super().__init__()
        self.fine, self.coarse = (PatchDiscriminator(3, channels, norm="instance") for _ in range(2))

    def forward(self, x):
        return self.fine(x), self.coarse(F.avg_pool2d(x, 2))


def networks(channels, blocks, judge_channels):
    made = [ResnetGenerator(channels, blocks), ResnetGenerator(channels, blocks)]
    made += [Judge(judge_channels), Judge(judge_channels)]
    return nn.ModuleDict({name: initialise(network) for name, network in zip(NETWORKS, made)})


def towards(judgements, wanted):
    """The least-squares adversarial loss, the mean of both discriminators of a judge."""
    return sum((judged.float() - wanted).square().mean() for judged in judgements) / len(judgements)


class StrokeTerm:
    """Distance of the Gram matrices of paintings from the running mean of those of the originals (relative, squared)."""

    def __init__(self, weights, bfloat16, device):
        network = Student.load(weights, bfloat16).requires_grad_(False)
        self.network, self.means, self.seen = network.to(device).to(memory_format=torch.channels_last), {}, 0

    def grams(self, pictures):
        features = self.network((pictures + 1) / 2)
        return {layer: gram(features[layer]) for layer in STYLE_LAYERS}

    @torch.no_grad()
    def learn(self, originals):
        self.seen += 1
        for layer, matrix in self.grams(originals).items():
            mean = matrix.mean(0)
            self.means[layer] = mean if self.seen == 1 else self.means[layer].lerp(mean, max(1 / self.seen, 0.003))

    def __call__(self, paintings):
        grams = self.grams(paintings)
        return sum(relative(grams[layer], self.means[layer][None]).mean() for layer in STYLE_LAYERS) / len(STYLE_LAYERS)


def cycle_distance(returned, original, blur):
    """Mean absolute difference, after averaging over squares of `blur` pixels (departure 4)."""
    return (F.avg_pool2d(returned, blur) - F.avg_pool2d(original, blur)).abs().mean()


def generators_loss(nets, strokes, photos, seen_photos, paintings, args):
    """The loss of both generators, its terms, and their translations. seen_photos: photos as G sees them, some without colours."""
    number = len(photos)

    def run(name, pictures):
        with torch.autocast(pictures.device.type, torch.bfloat16, enabled=args.bfloat16):
            return nets[name](pictures)

    def back(pictures):
        return pictures + args.noise * torch.randn_like(pictures)

    painted, same_paintings = run("photo_to_painting", torch.cat((seen_photos, paintings))).float().split(number)
    photographed, same_photos = run("painting_to_photo", torch.cat((paintings, photos))).float().split(number)
    returned_photos = run("painting_to_photo", back(painted)).float()
    returned_paintings = run("photo_to_painting", back(photographed)).float()
    terms = {
        "gan_painting": towards(run("painting_judge", painted), 1),
        "gan_photo": towards(run("photo_judge", photographed), 1),
        "cycle_photo": cycle_distance(returned_photos, seen_photos, args.cycle_blur),
        "cycle_painting": cycle_distance(returned_paintings, paintings, args.painting_blur),
        "identity": (same_photos - photos).abs().mean() + (same_paintings - paintings).abs().mean(),
        "gram": strokes(painted),
    }
    loss = terms["gan_painting"] + terms["gan_photo"] + args.cycle * terms["cycle_photo"] + args.painting_cycle * terms["cycle_painting"]
    loss = loss + args.identity * terms["identity"] + args.gram * terms["gram"]
    if args.smooth:
        loss = loss + args.smooth * (total_variation(painted).mean() + total_variation(photographed).mean())
    return loss, terms, painted.detach(), photographed.detach()


def judge_loss(judge, originals, translations, bfloat16):
    """A discriminator's loss: 1 for originals, 0 for translations."""
    with torch.autocast(originals.device.type, torch.bfloat16, enabled=bfloat16):
        real, false = judge(originals), judge(translations)
    return 0.5 * (towards(real, 1) + towards(false, 0))


# ---------------------------------------------------------------- training


@torch.no_grad()
def sheet(path, generators, photos, paintings):
    """Sample sheet to look at: photo, painted, and back; painting, photographed, and back; one row for each pair."""
    def there_and_back(picture, there, back):
        translated = generators[there](picture)
        return [picture, translated, generators[back](translated)]

    rows = []
    for photo, painting in zip(photos, paintings):
        cells = there_and_back(photo, *NETWORKS[:2]) + there_and_back(painting, *NETWORKS[1::-1])
        rows.append(torch.cat(cells, 3))
    whole_sheet = (torch.cat(rows, 2)[0].permute(1, 2, 0) + 1) * 127.5
    Image.fromarray(whole_sheet.round().clamp(0, 255).byte().numpy()).save(path)


def whole(paths, side=256):
    """The middle squares of pictures, from -1 to 1, each (1,3,side,side)."""
    return [Crops([path], side, random.Random(0)).batch(1) for path in paths]


def learning_rate(args, progress):
    return args.learning_rate * min(1, 2 - 2 * progress)


def train(args):
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    device = torch.device(args.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    rng = random.Random(args.seed)
    random.seed(args.seed), np.random.seed(args.seed), torch.manual_seed(args.seed)
    painted_from = {path.stem for path in part(args.photos, "paintings")}
    paintings_there = sorted(path for path in Path(args.paintings).glob("*.png") if path.stem in painted_from)
    photos = Crops(part(args.photos, "photos"), args.side, rng)
    paintings = Crops(paintings_there, args.side, rng, reduction=1.25, border=8)  # strokes keep their size
    unseen = {path.stem for path in part(args.photos, "unseen paintings")}
    unseen_paintings = sorted(path for path in Path(args.paintings).glob("*.png") if path.stem in unseen)
    examples = whole(part(args.photos, "unseen photos")[3::17]), whole(unseen_paintings[2::17] or paintings_there[::60])
    print(f"{len(photos.pictures)} photos, {len(paintings.pictures)} paintings", flush=True)

    nets = networks(args.channels, args.blocks, args.judge_channels).to(device)
    averages = nn.ModuleDict({name: copy.deepcopy(nets[name]) for name in NETWORKS[:2]}).requires_grad_(False)
    generators, judges = (nn.ModuleList([nets[name] for name in names]) for names in (NETWORKS[:2], NETWORKS[2:]))
    optimisers = [torch.optim.Adam(group.parameters(), lr=args.learning_rate, betas=(0.5, 0.999)) for group in (generators, judges)]
    strokes = StrokeTerm(args.vgg19_lite, args.bfloat16, device)
    pools = Pool(args.pool, rng), Pool(args.pool, rng)
    checkpoint, start, seconds = out / "checkpoint.pt", 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device)
        nets.load_state_dict(state["nets"]), averages.load_state_dict(state["averages"])
        for optimiser, kept in zip(optimisers, state["optimisers"]):
            optimiser.load_state_dict(kept)
        strokes.means, strokes.seen = state["strokes"]
        pools[0].pictures, pools[1].pictures = state["pools"]
        start, seconds = state["iteration"], state["seconds"]
        rng.seed(args.seed + start), torch.manual_seed(args.seed + start)

    def save(iteration):
        state = {"nets": nets.state_dict(), "averages": averages.state_dict(), "optimisers": [o.state_dict() for o in optimisers],
                 "strokes": (strokes.means, strokes.seen), "pools": [pool.pictures for pool in pools], "iteration": iteration,
                 "seconds": seconds, "paintings": len(paintings.pictures), "args": vars(args)}
        torch.save(state, f"{checkpoint}.partial")
        os.replace(f"{checkpoint}.partial", checkpoint)

    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    signal.signal(signal.SIGINT, lambda *_: stopped.append(True))
    curve_path, sums, counted, last_save = out / "curve.csv", None, 0, time.time()
    for iteration in range(start, args.iterations):
        begun = time.time()
        rate = learning_rate(args, iteration / args.iterations)
        for optimiser in optimisers:
            optimiser.param_groups[0]["lr"] = rate
        a, b = photos.batch(args.batch), paintings.batch(args.batch).to(device)
        seen, a = faded(a, rng, args.faded).to(device), a.to(device)
        strokes.learn(b)

        judges.requires_grad_(False)
        loss, terms, painted, photographed = generators_loss(nets, strokes, a, seen, b, args)
        optimisers[0].zero_grad(set_to_none=True)
        loss.backward()
        optimisers[0].step()

        judges.requires_grad_(True)
        terms["judge_photo"] = judge_loss(nets["photo_judge"], a, pools[0].exchange(photographed), args.bfloat16)
        terms["judge_painting"] = judge_loss(nets["painting_judge"], b, pools[1].exchange(painted), args.bfloat16)
        optimisers[1].zero_grad(set_to_none=True)
        (terms["judge_photo"] + terms["judge_painting"]).backward()
        optimisers[1].step()

        with torch.no_grad():  # the average forgets faster at the start, because the first weights are poor
            keep = min(args.average, (iteration + 1) / (iteration + 10))
            for name in averages:
                for mean, new in zip(averages[name].parameters(), nets[name].parameters()):
                    mean.lerp_(new, 1 - keep)
        seconds += min(time.time() - begun, 30)  # a pause (SIGSTOP) is not training time
        row = [terms[name].item() for name in TERMS]
        sums, counted = row if sums is None else [x + y for x, y in zip(sums, row)], counted + 1
        if not math.isfinite(row[0]):
            raise ArithmeticError(f"not a number at iteration {iteration + 1}")
        if counted == args.log_every:
            fresh = not curve_path.exists()
            with curve_path.open("a", newline="") as file:
                writer = csv.writer(file)
                if fresh:
                    writer.writerow(["iteration", "seconds", "rate", *TERMS])
                writer.writerow([iteration + 1, round(seconds), f"{rate:.2e}"] + [f"{value / counted:.4f}" for value in sums])
            shown = " ".join(f"{name} {value / counted:.3f}" for name, value in zip(TERMS, sums))
            print(f"{iteration + 1} {seconds:.0f}s {shown}", flush=True)
            sums, counted = None, 0
        if time.time() - last_save > 60 * args.save_minutes or stopped:
            save(iteration + 1)
            sheet(out / "sheet.png", averages, *examples)
            last_save = time.time()
        if stopped:
            return
    save(args.iterations)
    sheet(out / "sheet.png", averages, *examples)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", required=True, help="folder for checkpoint, curve and sample sheet")
    parser.add_argument("--paintings", required=True, help="folder of what paint_domain.py painted")
    parser.add_argument("--photos", default="../shared/data/photos", help="folder of JPEG photos")
    parser.add_argument("--vgg19-lite", required=True, help="vgg19-lite.safetensors, for the Gram term")
    parser.add_argument("--iterations", type=int, default=10000, help="may be changed when the run goes on")
    parser.add_argument("--side", type=int, default=128, help="side of the crops")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--channels", type=int, nargs=3, default=(16, 48, 80),
                        help="of the generators, at full, half and quarter side (multiples of 16 run fastest)")
    parser.add_argument("--blocks", type=int, default=6)
    parser.add_argument("--judge-channels", type=int, default=48, help="first channels of the discriminators")
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    parser.add_argument("--cycle", type=float, default=5, help="weight of the cycle that begins with a photo")
    parser.add_argument("--painting-cycle", type=float, default=2, help="of the one that begins with a painting")
    parser.add_argument("--identity", type=float, default=1.5)
    parser.add_argument("--gram", type=float, default=8)
    parser.add_argument("--smooth", type=float, default=0, help="weight of the total variation of translations")
    parser.add_argument("--noise", type=float, default=0.06, help="deviation of the noise on translations before they are translated back")
    parser.add_argument("--cycle-blur", type=int, default=2, help="the cycle of photos is compared at this fraction of the resolution")
    parser.add_argument("--painting-blur", type=int, default=4)
    parser.add_argument("--faded", type=float, default=0.2, help="share of photos that lose their colours")
    parser.add_argument("--pool", type=int, default=50)
    parser.add_argument("--average", type=float, default=0.997, help="decay of the moving average of the weights")
    parser.add_argument("--bfloat16", action="store_true", help="compute in bfloat16 (weights stay float32): faster where supported")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="", help="cpu or cuda; empty: cuda where there is one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log-every", type=int, default=50)
    parser.add_argument("--save-minutes", type=float, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    options = arguments()
    torch.set_num_threads(options.threads)
    train(options)
