"""vgg19-lite: a feature network for style transfer, distilled from VGG-19, with about a thirteenth of its arithmetic.

Style transfer (Gatys, Ecker, Bethge: "Image Style Transfer Using Convolutional Neural Networks", CVPR 2016) needs only
two things from VGG-19: features at one layer (content) and Gram matrices at five layers (style). A thin student can
therefore replace it if its features are *the teacher's in another orthonormal basis*. Let Q (channels x k) be the leading
eigenvectors of the teacher's second moment E[f f']. The student learns Q'f, and its Gram matrix is then Q'GQ, a projection
of the teacher's. The eigenvalues fall so fast that a k much smaller than the number of channels keeps nearly all of G.
Distilling an encoder for stylisation through linear maps between thin and wide features is due to Wang et al.,
"Collaborative Distillation for Ultra-Resolution Universal Style Transfer" (CVPR 2020); here the map is fixed beforehand
(PCA) and applied to the teacher. The pictures that the optimiser paints are not photos but pictures that suit the student.
Therefore a part of every batch is painted with the student during its training, and the teacher corrects it exactly there
(the same reason as for DAgger, Ross et al., AISTATS 2011).

Departures from VGG-19: average pooling (as Gatys et al. recommend, in the teacher too), fewer and thinner convolutions, a
linear 1x1 "tap" for each layer, reflection padding in the first two blocks (zeros are visible at the border of paintings).
Deeper blocks pad with zeros like the teacher, because the border affects its conv5_1: painting with a VGG-19 that mirrors
everywhere leaves a relative Gram error of .132 at conv5_1 under VGG-19 itself (with zeros .038).

    python3 models/training/vgg19_lite.py --out /somewhere/vgg19-lite  # trains or resumes

Runs on a CPU (PyTorch 1.13 or later) or with CUDA. SIGTERM saves a checkpoint and ends; kill -9 loses minutes.
"""
import argparse
import csv
import math
import os
import random
import signal
import time
from collections import deque
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from canvases import Canvases, sheet
from pictures import Pictures
from vgg19 import TAPS, Teacher, caffe_input, gram, read_safetensors, relative

# ---------------------------------------------------------------- networks


class Reflect(torch.autograd.Function):
    """Pads height and width by one pixel on each side, mirrored at the centre of the border pixel.

    The same as F.pad(x, (1, 1, 1, 1), mode="reflect"), which has no bfloat16 kernel on the CPU.
    """

    @staticmethod
    def forward(context, x):
        n, c, h, w = x.shape
        y = torch.empty((n, c, h + 2, w + 2), dtype=x.dtype, device=x.device, memory_format=torch.channels_last)
        y[:, :, 1:-1, 1:-1] = x
        y[:, :, 0, 1:-1], y[:, :, -1, 1:-1] = x[:, :, 1], x[:, :, -2]
        y[:, :, :, 0], y[:, :, :, -1] = y[:, :, :, 2], y[:, :, :, -3]
        return y

    @staticmethod
    def backward(context, gradient):
        g = gradient.clone(memory_format=torch.channels_last)
        g[:, :, :, 2] += g[:, :, :, 0]
        g[:, :, :, -3] += g[:, :, :, -1]
        g[:, :, 2] += g[:, :, 0]
        g[:, :, -3] += g[:, :, -1]
        return g[:, :, 1:-1, 1:-1].contiguous(memory_format=torch.channels_last)


reflect = Reflect.apply


PLANS = {
    "full": [
        [(32, "conv1_1", 16)],
        [(48, "conv2_1", 32)],
        [(80, None, 0), (80, "conv3_1", 64), (96, None, 0)],
        [(128, None, 0), (128, "conv4_1", 96), (160, "conv4_2", 128)],
        [(192, None, 0), (192, None, 0), (192, None, 0), (192, "conv5_1", 128)],
    ],
    # Thinner where pictures are large, wider where they are small, and three times the components at conv5_1: 128 components
    # keep about .8 of the squared difference between the Gram matrices of two pictures, and 384 keep .95.
    "deep": [
        [(16, "conv1_1", 16)],
        [(32, "conv2_1", 32)],
        [(64, None, 0), (64, "conv3_1", 64), (96, None, 0)],
        [(128, None, 0), (128, "conv4_1", 128), (160, "conv4_2", 128)],
        [(256, None, 0), (256, None, 0), (256, None, 0), (256, "conv5_1", 384)],
    ],
}


def plan_of(tensors):
    """Name of the plan that a student's tensors follow, from an export or its state_dict."""
    sizes = sorted(len(tensor) for name, tensor in tensors.items() if name.endswith(".bias"))
    return next(name for name, plan in PLANS.items() if sorted(k for block in plan for (n, _, m) in block for k in (n, m) if k) == sizes)


class Student(nn.Module):
    """Five blocks of thin 3x3 convolutions (relu, padding of 1) with average pooling between them.

    A tap is a linear 1x1 convolution from the trunk to the k leading principal components of the teacher's layer.
    PLANS lists the convolutions of each block as (output channels, tap after it or None, components of the tap).
    Deep convolutions are cheap and reach far: block 5 has four at a sixteenth of the side, which gives conv5_1 a receptive
    field of 222 px (VGG-19: 252).
    """

    MIRRORED = 2  # blocks with reflection padding; the others pad with zeros
    # The input is about -124..151; divided by this it suits the usual initialisation. Folded into the first
    # convolution on export.
    INPUT_SCALE = 64.0

    def __init__(self, bfloat16=False, plan="full"):
        super().__init__()
        self.bfloat16, self.plan = bfloat16, PLANS[plan]
        self.trunk, self.taps, self.tapped, channels = nn.ModuleDict(), nn.ModuleDict(), {}, 3
        for block, convolutions in enumerate(self.plan, start=1):
            for n, (width, tap, components) in enumerate(convolutions, start=1):
                convolution = nn.Conv2d(channels, width, 3, padding=0 if block <= self.MIRRORED else 1)
                nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
                nn.init.zeros_(convolution.bias)
                self.trunk[f"block{block}_conv{n}"] = convolution
                if tap:
                    self.tapped[tap] = f"block{block}_conv{n}"
                    self.taps[tap] = nn.Conv2d(width, components, 1)
                    nn.init.normal_(self.taps[tap].weight, std=0.1 / math.sqrt(width * components))
                    nn.init.zeros_(self.taps[tap].bias)
                channels = width

    def components(self):
        """Components of each tap. The leading ones are the same in all plans, so a student can continue from one of another plan."""
        return {tap: k for block in self.plan for (_, tap, k) in block if tap}

    def forward(self, rgb):
        """Maps RGB in 0..1 to a dictionary of the features at TAPS."""
        x = (caffe_input(rgb) / self.INPUT_SCALE).contiguous(memory_format=torch.channels_last)
        taps = {}
        with torch.autocast(rgb.device.type, torch.bfloat16, enabled=self.bfloat16):
            for block, convolutions in enumerate(self.plan, start=1):
                x = F.avg_pool2d(x, 2) if block > 1 else x
                for n, (_, tap, _) in enumerate(convolutions, start=1):
                    x = F.relu(self.trunk[f"block{block}_conv{n}"](reflect(x) if block <= self.MIRRORED else x))
                    if tap:
                        taps[tap] = self.taps[tap](x).float()
        return taps

    def cost(self, side=256):
        """Floating-point operations of one forward pass, two for each multiply-add (the gradient costs as much again)."""
        total = 0
        for name, module in [*self.trunk.items(), *self.taps.items()]:
            scale = int(name[4 if name in self.taps else 5]) - 1
            total += 2 * module.weight.numel() * (side >> scale) ** 2
        return total

    def exported(self):
        """Tensors by name: block{b}_conv{n}.weight and .bias of the trunk, conv{l}.weight and .bias of the taps."""
        tensors = {f"{name}.{part}": p for group in (self.trunk, self.taps) for name, m in group.items() for part, p in m.named_parameters()}
        tensors["block1_conv1.weight"] = tensors["block1_conv1.weight"] / self.INPUT_SCALE
        return tensors

    def inherit(self, tensors):
        """Copies the weights of a trained student (its state_dict) with other widths, as far as they fit.

        Where this student is thinner, the channels with the largest outgoing weights are kept. Where it is wider, the new
        channels start at random with small outgoing weights, so that they change little at first.
        """
        kept = torch.arange(3)
        names = list(self.trunk)
        for name, following in zip(names, [*names[1:], None]):
            weight, bias = tensors[f"trunk.{name}.weight"], tensors[f"trunk.{name}.bias"]
            convolution = self.trunk[name]
            width, old = convolution.out_channels, len(bias)
            behind = [tensors[f"trunk.{following}.weight"]] if following else []
            behind += [tensors[f"taps.{tap}.weight"] for tap in self.taps if self.tapped[tap] == name]
            importance = sum(w.pow(2).sum((0, 2, 3)) / w.pow(2).sum() for w in behind) * weight.pow(2).sum((1, 2, 3))
            channels = importance.topk(min(width, old)).indices.sort().values
            with torch.no_grad():
                convolution.weight[:, len(kept):].mul_(0.1)
                convolution.weight[:len(channels), :len(kept)] = weight[channels][:, kept]
                convolution.bias[:len(channels)] = bias[channels]
                for tap in self.taps:
                    if self.tapped[tap] == name:
                        components = self.taps[tap].out_channels
                        known = tensors[f"taps.{tap}.weight"][:components, channels]
                        self.taps[tap].weight[:, len(channels):].mul_(0.1)
                        self.taps[tap].weight[:len(known), :len(channels)] = known
                        self.taps[tap].bias[:len(known)] = tensors[f"taps.{tap}.bias"][:components]
            kept = channels
        return self

    @classmethod
    def load(cls, path, bfloat16=False):
        """The student whose weights were exported to a safetensors file."""
        tensors = read_safetensors(path)
        return cls(bfloat16, plan_of(tensors)).load_tensors(tensors)

    def load_tensors(self, tensors):
        tensors["block1_conv1.weight"] = tensors["block1_conv1.weight"] * self.INPUT_SCALE
        for group in (self.trunk, self.taps):
            for name, module in group.items():
                module.load_state_dict({part: tensors[f"{name}.{part}"] for part in ("weight", "bias")})
        return self


# ---------------------------------------------------------------- losses


def distillation_loss(predicted, wanted, gram_weight, deepest_weight=1.0, pairs=0, difference_weight=0.0):
    """Relative feature error + gram_weight x relative Gram error, mean over pictures, summed over the taps. The deepest
    tap counts deepest_weight times.

    The last 2 x pairs pictures are styles and the paintings after them, in the same order. For these, the difference
    between the Gram matrices of painting and style is compared too, relative to the teacher's, with difference_weight.
    Style transfer follows only that difference, and near its end the difference is small beside the matrices themselves.

    Targets have unit energy on average, so the floor (a twentieth of it) only prevents flat pictures from dominating.
    """
    terms = {}
    for tap in TAPS:
        y, t = predicted[tap], wanted[tap]
        floor = 0.05 * t.shape[2] * t.shape[3]
        grams = gram(y), gram(t)
        terms[tap] = (relative(y, t, floor).mean(), relative(*grams, 0.0025).mean())
        if pairs and difference_weight:
            seen, true = (g[-pairs:] - g[-2 * pairs:-pairs] for g in grams)
            terms[tap] += (relative(seen, true, 0.0025).mean(),)
        else:
            terms[tap] += (torch.zeros(()),)
    weights = {tap: deepest_weight if tap == TAPS[-1] else 1.0 for tap in TAPS}
    return sum(weights[tap] * (f + gram_weight * g + difference_weight * d) for tap, (f, g, d) in terms.items()), terms


# ---------------------------------------------------------------- the basis


@torch.no_grad()
def principal_components(teacher, pictures, device, components, known={}, batches=60, side=128):
    """Q' / sqrt(energy) (k,C) for each tap: the leading eigenvectors of E[f f'], scaled so that E|Q'f|^2 is at most 1.

    The mean is not subtracted, because Gram matrices contain it too. Also returns the share of the energy that is kept.
    `known` has the rows that a trained student has learnt already; they stay, and eigenvectors of the rest follow.
    """
    moments = {tap: 0 for tap in TAPS}
    for _ in range(batches):
        features = teacher(torch.stack([pictures.any(side) for _ in range(4)]).to(device))
        for tap in TAPS:
            moments[tap] = moments[tap] + gram(features[tap]).mean(0).double().cpu() / batches
    bases, kept = {}, {}
    for tap, k in components.items():
        energy = moments[tap].trace()
        first = F.normalize(known[tap][:k].double()) if tap in known else moments[tap][:0]
        scale = known[tap].norm(dim=1).mean() if tap in known else 1 / energy.sqrt()
        rest = torch.eye(len(moments[tap]), dtype=torch.double) - first.T @ first
        vectors = torch.linalg.eigh(rest @ moments[tap] @ rest)[1].flip(1).T
        basis = torch.cat((first, vectors[:k - len(first)]))
        bases[tap], kept[tap] = (basis * scale).float(), float((basis @ moments[tap] @ basis.T).trace() / energy)
    return bases, kept


def project(features, bases):
    """The teacher's features (N,C,H,W) in the PCA basis (N,k,H,W)."""
    return {tap: F.conv2d(features[tap], bases[tap].to(features[tap].device)[:, :, None, None]) for tap in TAPS}


# ---------------------------------------------------------------- training


def schedule(args, progress):
    """Learning rate (warm-up of 1 %, then half a cosine), crop side and batch size for a progress in 0..1."""
    rate = args.learning_rate * min(1, progress / 0.01 + 0.02) * (0.01 + 0.99 * (1 + math.cos(math.pi * progress)) / 2)
    until_192, until_256 = args.sides
    side, batch = (128, 6) if progress < until_192 else (192, 3) if progress < until_256 else (256, 2)
    return rate, side, batch


def train(args):
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    device = torch.device(args.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    random.seed(args.seed), np.random.seed(args.seed), torch.manual_seed(args.seed)
    pictures = Pictures(args.photos, args.paintings, args.held_out.split(","), random.Random(args.seed))
    teacher = Teacher(args.teacher, torch.bfloat16 if args.bfloat16 else torch.float32, device)
    student = Student(args.bfloat16, args.plan).to(device).to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(student.parameters(), lr=args.learning_rate, betas=(0.9, 0.99))
    canvases = Canvases(pictures, args.canvases, args.lifetime)
    checkpoint, start, seconds = out / "checkpoint.pt", 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location="cpu")
        student.load_state_dict(state["student"]), optimiser.load_state_dict(state["optimiser"])
        bases, kept, start, seconds = state["bases"], state["kept"], state["iteration"], state["seconds"]
        canvases.pool = state["canvases"]
        pictures.rng.seed(args.seed + start), torch.manual_seed(args.seed + start)
    elif args.start_from:
        state = torch.load(args.start_from, map_location="cpu")
        student.inherit(state["student"])
        bases, kept = principal_components(teacher, pictures, device, student.components(), state["bases"])
    else:
        bases, kept = principal_components(teacher, pictures, device, student.components())
    if not start:
        print("energy kept by the basis:", {tap: round(share, 4) for tap, share in kept.items()}, flush=True)
    print(f"{sum(p.numel() for p in student.parameters())} parameters, {student.cost() / 1e9:.2f} GFLOP forward at 256 px", flush=True)

    def save(iteration):
        state = {"student": student.state_dict(), "optimiser": optimiser.state_dict(), "bases": bases, "kept": kept,
                 "iteration": iteration, "seconds": seconds, "canvases": canvases.pool, "args": vars(args)}
        torch.save(state, f"{checkpoint}.partial")
        os.replace(f"{checkpoint}.partial", checkpoint)

    memory = deque(maxlen=args.memory)  # the teacher's pass costs most, so its latest lessons are repeated
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    signal.signal(signal.SIGINT, lambda *_: stopped.append(True))
    curve_path, sums, counted, last_save = out / "curve.csv", None, 0, time.time()
    for iteration in range(start, args.iterations):
        begun = time.time()
        rate, side, batch = schedule(args, iteration / args.iterations)
        for group in optimiser.param_groups:
            group["lr"] = rate
        painted = max(1, batch // 2)
        paintings, after = canvases.paint(student, painted, side, device)
        # With pairs, the styles replace pictures of all kinds, every other time.
        pairs = painted if args.difference_weight and iteration % 2 else 0
        rest = [pictures.any(side) for _ in range(batch - painted - pairs)]
        images = torch.cat([*(picture[None] for picture in rest), after[:pairs], paintings]).to(device)
        with torch.no_grad():
            lesson = (images, project(teacher(images), bases), pairs)
        repeated = pictures.rng.sample(memory, min(args.replays, len(memory)))
        memory.append(lesson)
        for images, wanted, pairs in [*repeated, lesson]:
            loss, terms = distillation_loss(student(images), wanted, args.gram_weight, args.deepest_weight, pairs, args.difference_weight)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(student.parameters(), 1.0)
            optimiser.step()
        seconds += min(time.time() - begun, 30)  # a pause (SIGSTOP) is not training time
        row = [loss.item()] + [value.item() for tap in TAPS for value in terms[tap]]
        sums, counted = row if sums is None else [a + b for a, b in zip(sums, row)], counted + 1
        if counted == args.log_every:
            fresh = not curve_path.exists()
            with curve_path.open("a", newline="") as file:
                writer = csv.writer(file)
                if fresh:
                    writer.writerow(["iteration", "seconds", "side", "rate", "loss"] + [f"{tap}_{kind}" for tap in TAPS for kind in ("feature", "gram", "difference")])
                writer.writerow([iteration + 1, round(seconds), side, f"{rate:.2e}"] + [f"{value / counted:.4f}" for value in sums])
            print(f"{iteration + 1} {seconds:.0f}s {side}px loss {sums[0] / counted:.4f} conv5_1 {sums[-3] / counted:.3f} {sums[-2] / counted:.3f} {sums[-1] / counted:.3f}", flush=True)
            sums, counted = None, 0
        if time.time() - last_save > 60 * args.save_minutes or stopped:
            save(iteration + 1)
            sheet(out / "sheet.png", canvases)
            last_save = time.time()
        if stopped:
            return
    save(args.iterations)
    sheet(out / "sheet.png", canvases)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", required=True, help="folder for checkpoint, curve, sample sheet and exported weights")
    parser.add_argument("--teacher", default="../shared/weights/vgg19/vgg19.safetensors", help="VGG-19 as safetensors")
    parser.add_argument("--photos", default="../shared/data/photos", help="folder of JPEG photos")
    parser.add_argument("--paintings", default="../shared/images/style", help="folder of JPEG paintings")
    parser.add_argument("--held-out", default="the_scream", help="paintings that are never trained on (names without ending, separated by commas)")
    parser.add_argument("--iterations", type=int, default=20000)
    parser.add_argument("--learning-rate", type=float, default=1.5e-3)
    parser.add_argument("--gram-weight", type=float, default=0.3)
    parser.add_argument("--difference-weight", type=float, default=0.0, help="weight of the difference between the Gram matrices of a painting and its style")
    parser.add_argument("--deepest-weight", type=float, default=1.0, help="weight of conv5_1 among the taps")
    parser.add_argument("--sides", type=float, nargs=2, default=[0.4, 0.7], help="progress (0..1) from which pictures have 192 and 256 px")
    parser.add_argument("--plan", choices=PLANS, default="full", help="widths of the convolutions")
    parser.add_argument("--start-from", default="", help="checkpoint of a student, perhaps with other widths, whose weights are copied")
    parser.add_argument("--canvases", type=int, default=16, help="number of pictures that the student paints at the same time")
    parser.add_argument("--lifetime", type=int, default=120, help="number of steps until a canvas is replaced by a new one")
    parser.add_argument("--bfloat16", action="store_true", help="compute in bfloat16 (weights stay float32): faster on processors that have it")
    parser.add_argument("--replays", type=int, default=1, help="number of old lessons repeated with every new one")
    parser.add_argument("--memory", type=int, default=48, help="old lessons kept (about 13 MB each)")
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
