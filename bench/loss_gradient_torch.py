"""VGG-19 loss and gradient in PyTorch, for bench/loss-gradient.ts. It replies to each line "run" on stdin with a line of JSON.

usage: loss_gradient_torch.py weights.safetensors size threads [device]
"""
import json
import struct
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

from torch_forms import fastest

weights_path, size, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
device = sys.argv[4] if len(sys.argv) > 4 else "cpu"
torch.set_num_threads(threads)
# Products with all the bits of float32, as on the other side.
torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False

CONTENT_LAYER = "conv4_2"
STYLE_LAYERS = ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"]
LAYERS = [f"conv{block}_{n + 1}" for block, count in enumerate([2, 2, 4, 4, 1], 1) for n in range(count)]


def read_weights(path):
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
        weights = {}
        for layer in LAYERS:
            for part in ("weight", "bias"):
                entry = header[f"{layer}.{part}"]
                begin, end = entry["data_offsets"]
                file.seek(8 + length + begin)
                kind = {"F16": np.float16, "F32": np.float32}[entry["dtype"]]
                values = np.frombuffer(file.read(end - begin), dtype=kind).astype(np.float32)
                weights[f"{layer}.{part}"] = torch.from_numpy(values.reshape(entry["shape"])).to(device)
        return weights


def waves(row_step, column_step):
    channel, row, column = np.meshgrid(np.arange(3), np.arange(size), np.arange(size), indexing="ij")
    return torch.from_numpy((0.5 + 0.5 * np.sin(channel + row_step * row + column_step * column)).astype(np.float32))[None].to(device)


def features(image, weights):
    value = image[:, [2, 1, 0]] * 255 - torch.tensor([103.939, 116.779, 123.68], device=device).view(1, 3, 1, 1)
    found, block = {}, "1"
    for layer in LAYERS:
        if layer[4] != block:
            value, block = F.avg_pool2d(value, 2), layer[4]
        value = F.relu(F.conv2d(value, weights[f"{layer}.weight"], weights[f"{layer}.bias"], padding=1))
        found[layer] = value
    return found


def gram(feature):
    rows = feature.reshape(feature.shape[1], -1)
    return rows @ rows.t() / rows.shape[1]


def relative(value, target):
    return (value - target).pow(2).sum() / (target.pow(2).sum() + 1e-6)


plain_weights = read_weights(weights_path)
with torch.no_grad():
    content_target = features(waves(0.11, 0.07), plain_weights)[CONTENT_LAYER]
    style_features = features(waves(0.31, 0.17), plain_weights)
    style_targets = {layer: gram(style_features[layer]) for layer in STYLE_LAYERS}


def build(memory_format, compiled):
    def arranged(value):
        return value.contiguous(memory_format=memory_format) if value.dim() == 4 else value

    weights = {name: arranged(value) for name, value in plain_weights.items()}
    image = arranged(waves(0.23, 0.05)).requires_grad_()

    def loss(image):
        found = features(image, weights)
        content = relative(found[CONTENT_LAYER], content_target)
        style = sum(relative(gram(found[layer]), style_targets[layer]) for layer in STYLE_LAYERS) / len(STYLE_LAYERS)
        rows = (image[:, :, 1:] - image[:, :, :-1]).abs().mean()
        columns = (image[:, :, :, 1:] - image[:, :, :, :-1]).abs().mean()
        return content + 100 * style + 0.02 * (rows + columns)

    run_loss = compiled(loss)

    def evaluate():
        total = run_loss(image)
        (gradient,) = torch.autograd.grad(total, image)
        return float(total.detach()), float(gradient.norm())

    return evaluate


evaluate, detail = fastest(build)
print(json.dumps({"name": f"PyTorch {torch.__version__}", "detail": detail}), flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    total, norm = evaluate()
    print(json.dumps({"ms": 1000 * (time.perf_counter() - start), "total": total, "norm": norm}), flush=True)
