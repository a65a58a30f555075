"""VGG-19 as teacher and judge, the terms of style transfer, and safetensors files, for the recipes of this folder.

VGG-19 is from Simonyan, Zisserman: "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015, with
the Caffe weights. The terms are those of Gatys, Ecker, Bethge: "Image Style Transfer Using Convolutional Neural Networks",
CVPR 2016. Each is divided by the size of its target, so that the same weights suit all pictures and networks.
"""
import json
import struct
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

TAPS = ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv4_2", "conv5_1"]
STYLE_LAYERS = ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"]
CONTENT_LAYER = "conv4_2"
MEAN_BGR = (103.939, 116.779, 123.68)


def caffe_input(rgb):
    """Converts RGB in 0..1 (N,3,H,W) to the input of VGG-19's Caffe weights: BGR, 0..255, minus the mean of ImageNet."""
    return rgb.flip(1) * 255 - torch.tensor(MEAN_BGR, dtype=rgb.dtype, device=rgb.device).view(1, 3, 1, 1)


def read_safetensors(path):
    """All tensors of a safetensors file as float32. The file has 8 bytes of header length, a JSON header and the raw data."""
    raw = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header, kinds = json.loads(raw[8 : 8 + length]), {"F16": np.float16, "F32": np.float32}
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, last = entry["data_offsets"]
            values = np.frombuffer(raw[8 + length + first : 8 + length + last], kinds[entry["dtype"]])
            tensors[name] = torch.from_numpy(values.reshape(entry["shape"]).astype(np.float32))
    return tensors


def write_safetensors(path, tensors):
    """Writes tensors in half precision; the file is renamed into place when it is complete."""
    header, blobs, at = {}, [], 0
    for name, tensor in tensors.items():
        blob = tensor.detach().cpu().numpy().astype("<f2").tobytes()
        header[name] = {"dtype": "F16", "shape": list(tensor.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    partial = Path(f"{path}.partial")
    partial.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))
    partial.replace(path)


class Teacher(nn.Module):
    """VGG-19 up to conv5_1 with zero padding and average pooling; features are taken after relu."""

    PLAN = [("1_1", "1_2"), ("2_1", "2_2"), ("3_1", "3_2", "3_3", "3_4"), ("4_1", "4_2", "4_3", "4_4"), ("5_1",)]

    def __init__(self, path, dtype=torch.float32, device="cpu"):
        super().__init__()
        self.dtype = dtype
        self.weights = {name: t.to(device, dtype) for name, t in read_safetensors(path).items()}
        for name, t in self.weights.items():
            if t.dim() == 4:
                self.weights[name] = t.contiguous(memory_format=torch.channels_last)

    def forward(self, rgb):
        """Maps RGB in 0..1 (N,3,H,W) to a dictionary of the features (N,C,h,w) at TAPS."""
        x = caffe_input(rgb).to(self.dtype).contiguous(memory_format=torch.channels_last)
        taps = {}
        for block, names in enumerate(self.PLAN):
            x = F.avg_pool2d(x, 2) if block else x
            for name in names:
                x = F.relu(F.conv2d(x, self.weights[f"conv{name}.weight"], self.weights[f"conv{name}.bias"], padding=1))
                if f"conv{name}" in TAPS:
                    taps[f"conv{name}"] = x.float()
        return taps


def gram(features):
    """Gram matrices (N,C,C) of (N,C,H,W), divided by height x width as in Gatys et al. up to a constant."""
    n, c, h, w = features.shape
    flat = features.permute(0, 2, 3, 1).reshape(n, h * w, c)  # no copy for channels_last
    return flat.transpose(1, 2) @ flat / (h * w)


def relative(a, b, floor=0.0):
    """|a - b|^2 / (|b|^2 + floor) for each picture: (N,)."""
    return (a - b).flatten(1).square().sum(1) / (b.flatten(1).square().sum(1) + floor)


def total_variation(rgb):
    """Mean absolute difference of neighbours, for each picture: (N,)."""
    return (rgb[:, :, 1:] - rgb[:, :, :-1]).abs().flatten(1).mean(1) + (rgb[:, :, :, 1:] - rgb[:, :, :, :-1]).abs().flatten(1).mean(1)
