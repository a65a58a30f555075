"""pix2pix: line drawings to coloured emoji, learned from the paired pictures of OpenMoji.

Isola, Zhu, Zhou, Efros: "Image-to-Image Translation with Conditional Adversarial Networks", CVPR 2017. A U-Net
translates the drawing x into G(x). A PatchGAN D sees drawing and picture together and judges whether each patch of 70x70
pixels is real. D minimises half of its cross-entropy. G minimises the cross-entropy of being judged real, plus 100 times
the mean absolute difference from the true picture y:

    D: 1/2 bce(D(x, y), 1) + 1/2 bce(D(x, G(x)), 0)         G: bce(D(x, G(x)), 1) + 100 |G(x) - y|

With L1 alone, the network paints the median of all colours, tan, where it is unsure of the colour; D rejects that.

Departures: a thin U-Net with nearest up-sampling (see generators.py); a D of half the width; no dropout. At 128 px, where
a step is cheap, the network first learns which colour a thing has. It then grows by one outer level, which changes nothing
at first (Chen, Goodfellow, Shlens: "Net2Net", ICLR 2016; growing with the picture: Karras et al., ICLR 2018), and
continues at 256 px. Continuing at 256 px with the same levels was tried: it left patches of several colours in one area,
because the coarsest level then sees only half of a thing. A moving average of the weights is judged and exported, with
batch-norm statistics estimated again (with those of the network in training it loses all colour).

    python3 models/training/pix2pix.py --data ../training/openmoji --out ../training/pix2pix  # draws the data, trains, resumes

Runs on a CPU (PyTorch 1.13 or later) or with CUDA. SIGTERM saves a checkpoint and ends; kill -9 loses minutes.
"""
import argparse
import copy
import csv
import hashlib
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

import sketches
from generators import PatchDiscriminator, UnetGenerator, cost, initialise

CHANNELS = (24, 32, 64, 128, 256, 256, 256)  # at 256 px; at 128 px without the first

# ---------------------------------------------------------------- data


def concept(annotation):
    """The concept that an emoji shows: "grinning cat" and "cat face" are one concept, and so are hearts of all colours.

    The last word of the head of the phrase: "cat face" -> cat, "smiling face with sunglasses" -> smiling.
    """
    head = re.split(r" with | of | on | in | and |[:,(]", annotation.lower())[0]
    words = [word for word in re.findall(r"[\w’'-]+", head) if word != "face"]
    return words[-1] if words else annotation


class Pairs:
    """Augmented pairs of drawing and picture: other pens, gaps and missing strokes, warped, turned, scaled, mirrored.

    A tenth of the concepts is held out. Emojis are sampled by weight: a subgroup counts by the root of its size, and a
    hue by the fourth root of its share, so that yellow smileys leave room for green leaves.
    """

    def __init__(self, folder):
        folder = Path(folder)
        meta = json.loads((folder / "pairs.json").read_text())
        self.side, self.drawings, self.emojis = meta["side"], len(meta["drawings"]), meta["emojis"]
        self.data = np.memmap(folder / "pairs.u8", np.uint8, "r", shape=(len(self.emojis), self.side**2 * (3 + self.drawings)))
        held = [hashlib.sha1(concept(e["annotation"]).encode()).digest()[0] < 26 for e in self.emojis]
        self.train, self.held_out = ([i for i, h in enumerate(held) if h == wanted] for wanted in (False, True))
        size = {}
        for i in self.train:
            size[self.subgroup(i)] = size.get(self.subgroup(i), 0) + 1
        weights = np.array([size[self.subgroup(i)] ** -0.5 for i in self.train])
        hues = np.array([self.hues(i) for i in self.train])
        weights = weights * (hues @ (weights @ hues / weights.sum()) ** -0.75)
        self.weights = weights / weights.sum()

    def subgroup(self, i):
        return self.emojis[i]["group"] + self.emojis[i]["subgroup"]

    def colour(self, i):
        return self.data[i, : 3 * self.side**2].reshape(self.side, self.side, 3)

    def lines(self, i, drawing):
        return self.data[i, (3 + drawing) * self.side**2 : (4 + drawing) * self.side**2].reshape(self.side, self.side)

    def hues(self, i):
        """Shares of red, orange and brown, yellow, green, blue, purple and pink, and grey in all that is not white."""
        picture = Image.fromarray(self.colour(i)[::8, ::8])
        pixels, degrees = np.asarray(picture).astype(np.int16), np.asarray(picture.convert("HSV"))[:, :, 0] * (360 / 256)
        high, low = pixels.max(2), pixels.min(2)
        hue = np.where(high - low > 64, np.searchsorted((15, 40, 70, 170, 255, 345), degrees, "right") % 6, 6)
        counts = np.bincount(hue[low < 250], minlength=7)
        return counts / counts.sum() if counts.any() else np.eye(7)[6]

    def raw(self, i, drawing, mirrored=False):
        """The layers red, green, blue and lines as (4, side, side) in 0..1."""
        layers = np.concatenate((self.colour(i), self.lines(i, drawing)[:, :, None]), 2)
        return torch.from_numpy(np.ascontiguousarray(layers[:, ::-1] if mirrored else layers)).permute(2, 0, 1).float() / 255

    @staticmethod
    def pair(layers):
        """Drawing and picture in -1..1; the picture is the colour layer with exactly the lines of the drawing."""
        lines, colour = layers[:, 3:], layers[:, :3]
        return lines.expand(-1, 3, -1, -1) * 2 - 1, colour * lines * 2 - 1

    def batch(self, count, side, rng):
        layers = torch.stack([self.raw(i, rng.integers(self.drawings), rng.random() < 0.5) for i in rng.choice(self.train, count, p=self.weights)])
        layers = F.avg_pool2d(layers, self.side // side) - 1  # so that zero, which fills in from outside, is white

        def normal(*shape):
            return torch.from_numpy(rng.standard_normal(shape).astype(np.float32))

        angle, scale = normal(count) * 0.12, torch.exp(normal(count) * 0.15 + 0.03)
        cosine, sine = torch.cos(angle) * scale, torch.sin(angle) * scale
        shift = normal(count, 2) * 0.06
        affine = torch.stack((cosine * torch.exp(normal(count) * 0.07), -sine, shift[:, 0], sine, cosine, shift[:, 1]), 1).view(count, 2, 3)
        where = F.affine_grid(affine, (count, 4, side, side), align_corners=False)
        for cells, strength in ((4, 0.035), (14, 0.006)):  # a bend of the whole drawing, and a trembling hand
            bend = F.interpolate(normal(count, 2, cells, cells), size=(side, side), mode="bicubic", align_corners=False)
            where = where + strength * rng.random() * bend.permute(0, 2, 3, 1)
        return self.pair(F.grid_sample(layers, where, padding_mode="zeros", align_corners=False) + 1)

    def held_out_pairs(self, side, drawing=0):
        """All held-out pairs without augmentation: yields (emoji, drawing, picture)."""
        for i in self.held_out:
            yield (self.emojis[i], *self.pair(F.avg_pool2d(self.raw(i, drawing)[None], self.side // side)))


# ---------------------------------------------------------------- looking


def restore_statistics(network, pairs, side, device, bfloat16=False, batches=24, count=8, seed=7):
    """Estimates the means and variances of batch norm again, as plain averages over augmented training drawings."""
    rng, norms = np.random.default_rng(seed), [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all batches
    network.train()
    with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
        for _ in range(batches):
            network(pairs.batch(count, side, rng)[0].to(device))
    return network.eval()


def to_pixels(x):
    """Converts (3,H,W) in -1..1 to bytes (H,W,3)."""
    return ((x.float().cpu() + 1) * 127.5).round().clamp(0, 255).byte().permute(1, 2, 0).numpy()


def from_pixels(picture):
    """Converts bytes (H,W) or (H,W,3) to (1,3,H,W) in -1..1."""
    picture = np.repeat(picture[:, :, None], 3, 2) if picture.ndim == 2 else picture
    return torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1


@torch.no_grad()
def sheet(path, network, pairs, side, device, shown=16):
    """Sheet to look at: our own sketches with several pens (drawing, result), held-out emojis (drawing, result, truth)."""
    own, rows = [], []
    for n, name in enumerate(sketches.SKETCHES):
        x = from_pixels(sketches.draw(name, side, pen=(4, 6, 9)[n % 3]))
        own.append(np.concatenate((to_pixels(x[0]), to_pixels(network(x.to(device))[0])), 1))
    step = max(1, len(pairs.held_out) // shown)
    for n, i in enumerate(pairs.held_out[::step][:shown]):
        x, y = pairs.pair(F.avg_pool2d(pairs.raw(i, n % pairs.drawings)[None], pairs.side // side))
        rows.append(np.concatenate((to_pixels(x[0]), to_pixels(network(x.to(device))[0]), to_pixels(y[0])), 1))
    own = np.concatenate([np.concatenate(own[k : k + 5], 1) for k in (0, 5)], 0)
    rows = np.concatenate([np.concatenate(rows[k : k + 4], 1) for k in range(0, len(rows) - 3, 4)], 0)
    width = max(own.shape[1], rows.shape[1])
    whole = [np.pad(part, ((0, 8), (0, width - part.shape[1]), (0, 0)), constant_values=255) for part in (own, rows)]
    Image.fromarray(np.concatenate(whole, 0)).save(path)


# ---------------------------------------------------------------- training


@torch.no_grad()
def grown(small, pairs, rng, device):
    """The U-Net for 256 px that gives the result of `small`, which is for 128 px, for the drawing at half the side.

    The new level carries the halved drawing inwards and the result outwards in three channels each. Because of the leaky
    relu and the relu between, three more channels carry the negatives: leaky(x) - leaky(-x) = 1.2 x and relu(x) - relu(-x)
    = x. The other channels start with small random weights. The two batch norms are set to change nothing.
    """
    network = initialise(UnetGenerator(CHANNELS)).to(device, memory_format=torch.channels_last)
    outer, inner, core = network.model.model, network.model.model[1].model, small.model.model
    halve = torch.eye(3, device=device)[:, :, None, None] * F.pad(torch.full((2, 2), 0.25, device=device), (1, 1, 1, 1))
    outer[0].weight[:6] = torch.cat((halve, -halve))
    inner[1].weight[:, :6] = torch.cat((core[0].weight, -core[0].weight), 1) / 1.2
    inner[3] = core[1]
    inner[5][1].weight[:6] = torch.cat((core[3][1].weight, -core[3][1].weight))
    last = outer[3][1].weight
    last *= 0.2
    last[:, CHANNELS[0] : CHANNELS[0] + 6] = 0
    for c in range(3):
        last[c, CHANNELS[0] + c, 1, 1], last[c, CHANNELS[0] + 3 + c, 1, 1] = 1, -1
    network.eval()
    drawings = pairs.batch(16, 256, rng)[0].to(device)
    for norm, count, shift in ((inner[2], CHANNELS[1], 0), (inner[6], 6, torch.cat((core[3][1].bias, -core[3][1].bias)))):
        seen = []
        hook = norm.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
        network(drawings)
        hook.remove()
        norm.running_mean.copy_(seen[0].mean((0, 2, 3)))
        norm.running_var.copy_(seen[0].var((0, 2, 3), unbiased=False))
        norm.weight[:count] = (norm.running_var[:count] + norm.eps).sqrt()
        norm.bias[:count] = norm.running_mean[:count] + shift
    return network


def average(mean, network, decay):
    """Moves the averaged weights towards the network's; the statistics of batch norm are copied."""
    with torch.no_grad():
        for m, p in zip(mean.parameters(), network.parameters()):
            m.lerp_(p, 1 - decay)
        for m, b in zip(mean.buffers(), network.buffers()):
            m.copy_(b)


def train(args):
    out, data = Path(args.out), Path(args.data)
    out.mkdir(parents=True, exist_ok=True)
    if not (data / "pairs.json").exists():
        subprocess.run(["node", Path(__file__).parent / "draw_openmoji.mjs", "--out", data], check=True)
    device = torch.device(args.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    torch.manual_seed(args.seed)
    pairs = Pairs(data)
    checkpoint, start, seconds, large, state = out / "checkpoint.pt", 0, 0.0, False, None
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location="cpu")
        start, seconds, large = state["iteration"], state["seconds"], state["large"]
    generator = initialise(UnetGenerator(CHANNELS if large else CHANNELS[1:])).to(device, memory_format=torch.channels_last)
    judge = initialise(PatchDiscriminator(6, args.judge_channels)).to(device, memory_format=torch.channels_last)
    mean = copy.deepcopy(generator).eval()

    def adam(network):
        return torch.optim.Adam(network.parameters(), lr=args.learning_rate, betas=(0.5, 0.999))

    optimisers = [adam(generator), adam(judge)]
    if state:
        for name, part in (("generator", generator), ("judge", judge), ("mean", mean), ("for_generator", optimisers[0]), ("for_judge", optimisers[1])):
            part.load_state_dict(state[name])
    rng = np.random.default_rng(args.seed + start)
    print(f"{len(pairs.train)} pairs, {len(pairs.held_out)} held out; "
          f"{cost(UnetGenerator(CHANNELS).eval()) / 1e9:.2f} GFLOP at 256 px; from iteration {start}", flush=True)

    def save(iteration):
        state = {"generator": generator.state_dict(), "judge": judge.state_dict(), "mean": mean.state_dict(), "for_generator": optimisers[0].state_dict(),
                 "for_judge": optimisers[1].state_dict(), "iteration": iteration, "seconds": seconds, "large": large, "args": vars(args)}
        torch.save(state, f"{checkpoint}.partial")
        os.replace(f"{checkpoint}.partial", checkpoint)

    def judged(x, picture):
        with torch.autocast(device.type, torch.bfloat16, enabled=args.bfloat16):
            return judge(torch.cat((x, picture), 1)).float()

    def bce(logits, real):
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))

    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    signal.signal(signal.SIGINT, lambda *_: stopped.append(True))
    curve_path, sums, counted, last_save, last_sheet = out / "curve.csv", 0, 0, time.time(), time.time()
    for iteration in range(start, args.iterations):
        begun = time.time()
        side, count = (128, args.batch_128) if iteration < args.iterations_128 else (256, args.batch_256)
        if side == 256 and not large:
            generator = grown(restore_statistics(mean, pairs, 128, device), pairs, rng, device).train()
            mean, large = copy.deepcopy(generator).eval(), True
            optimisers[0] = adam(generator)
            sheet(out / "sheet-grown.png", mean, pairs, side, device)
        rate = args.learning_rate * min(1, (1 - iteration / args.iterations) / (1 - args.decay_from))
        for optimiser, share in zip(optimisers, (1, args.judge_rate)):
            for group in optimiser.param_groups:
                group["lr"] = rate * share
        x, y = (t.to(device, memory_format=torch.channels_last) for t in pairs.batch(count, side, rng))
        with torch.autocast(device.type, torch.bfloat16, enabled=args.bfloat16):
            fake = generator(x)
        fake, judge_loss, adversarial = fake.float(), torch.zeros(()), torch.zeros(())
        if args.gan_weight:
            judge_loss = (bce(judged(x, y), 1) + bce(judged(x, fake.detach()), 0)) / 2
            optimisers[1].zero_grad(set_to_none=True)
            judge_loss.backward()
            optimisers[1].step()
            judge.requires_grad_(False)
            adversarial = bce(judged(x, fake), 1)
            judge.requires_grad_(True)
        l1 = (fake - y).abs().mean()
        optimisers[0].zero_grad(set_to_none=True)
        (args.gan_weight * adversarial + args.l1_weight * l1).backward()
        optimisers[0].step()
        average(mean, generator, min(args.averaging, (1 + iteration) / (10 + iteration)))
        seconds += min(time.time() - begun, 30)  # a pause (SIGSTOP) is not training time
        sums, counted = sums + np.array([l1.item(), adversarial.item(), judge_loss.item()]), counted + 1
        if counted == args.log_every:
            fresh = not curve_path.exists()
            with curve_path.open("a", newline="") as file:
                writer = csv.writer(file)
                if fresh:
                    writer.writerow(["iteration", "seconds", "side", "rate", "l1", "adversarial", "judge"])
                writer.writerow([iteration + 1, round(seconds), side, f"{rate:.2e}"] + [f"{value / counted:.4f}" for value in sums])
            print(f"{iteration + 1} {seconds:.0f}s {side}px l1 {sums[0] / counted:.4f} adversarial {sums[1] / counted:.3f} judge {sums[2] / counted:.3f}", flush=True)
            sums, counted = 0, 0
        if time.time() - last_save > 60 * args.save_minutes or stopped:
            save(iteration + 1)
            last_save = time.time()
        if time.time() - last_sheet > 60 * args.sheet_minutes:
            sheet(out / "sheet.png", restore_statistics(copy.deepcopy(mean), pairs, side, device, args.bfloat16), pairs, side, device)
            last_sheet = time.time()
        if stopped:
            return
    save(args.iterations)
    sheet(out / "sheet.png", restore_statistics(copy.deepcopy(mean), pairs, side, device), pairs, side, device)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", default="../training/openmoji", help="folder of the drawn pairs, which are drawn into it when they are missing")
    parser.add_argument("--out", required=True, help="folder for checkpoint, curve and sample sheet")
    parser.add_argument("--iterations", type=int, default=9500, help="total number; may be changed when a run continues from its checkpoint")
    parser.add_argument("--iterations-128", type=int, default=8600, help="number of these at 128 px, which come before those at 256 px")
    parser.add_argument("--batch-128", type=int, default=8)
    parser.add_argument("--batch-256", type=int, default=4)
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    parser.add_argument("--decay-from", type=float, default=0.8, help="share of the iterations after which the learning rate falls linearly to zero")
    parser.add_argument("--gan-weight", type=float, default=1.0, help="0: L1 alone, without a discriminator")
    parser.add_argument("--l1-weight", type=float, default=100.0)
    parser.add_argument("--judge-channels", type=int, default=32, help="width of the discriminator (the paper's is 64)")
    parser.add_argument("--judge-rate", type=float, default=0.25, help="learning rate of the discriminator, as a share of the generator's")
    parser.add_argument("--averaging", type=float, default=0.999, help="decay of the moving average of the weights")
    parser.add_argument("--bfloat16", action="store_true", help="compute in bfloat16 (weights stay float32): faster on processors that have it")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="", help="cpu or cuda; empty: cuda where there is one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log-every", type=int, default=100)
    parser.add_argument("--save-minutes", type=float, default=4)
    parser.add_argument("--sheet-minutes", type=float, default=6)
    return parser.parse_args()


if __name__ == "__main__":
    options = arguments()
    torch.set_num_threads(options.threads)
    train(options)
