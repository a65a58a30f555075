"""Generators and discriminator of the two picture-to-picture recipes, with the tensor names of the original code.

Isola, Zhu, Zhou, Efros: "Image-to-Image Translation with Conditional Adversarial Networks" (pix2pix), CVPR 2017:
U-Net generator and PatchGAN discriminator. Zhu, Park, Isola, Efros: "Unpaired Image-to-Image Translation using
Cycle-Consistent Adversarial Networks" (CycleGAN), ICCV 2017: ResNet generator after Johnson, Alahi, Fei-Fei:
"Perceptual Losses for Real-Time Style Transfer and Super-Resolution", ECCV 2016. The modules are nested so that
state_dict() has the names of junyanz/pytorch-CycleGAN-and-pix2pix: programs that read its files can read ours.

Departure: both generators enlarge with nearest-neighbour up-sampling and a 3x3 convolution by default. A transposed
convolution is several times slower on a CPU and leaves a chequered pattern (Odena, Dumoulin, Olah: "Deconvolution and
Checkerboard Artifacts", Distill 2016). upsampling="transposed" gives the original.
"""
import torch
import torch.nn.functional as F
from torch import nn


class Mirror(nn.Module):
    """Reflection padding, mirrored at the centre of the border pixel.

    The same as nn.ReflectionPad2d, which has no bfloat16 kernel on the CPU.
    """

    def __init__(self, padding):
        super().__init__()
        self.padding = padding

    def forward(self, x):
        p = self.padding
        if x.dtype != torch.bfloat16:
            return F.pad(x, (p, p, p, p), mode="reflect")
        x = torch.cat((x[:, :, 1 : p + 1].flip(2), x, x[:, :, -p - 1 : -1].flip(2)), 2)
        return torch.cat((x[:, :, :, 1 : p + 1].flip(3), x, x[:, :, :, -p - 1 : -1].flip(3)), 3)


def normalisation(kind, channels):
    """Batch norm with scale and shift, or instance norm without, as in the original code; "affine instance" is instance norm with both."""
    return nn.BatchNorm2d(channels) if kind == "batch" else nn.InstanceNorm2d(channels, affine=kind == "affine instance")


def initialise(network, gain=0.02):
    """Normal with standard deviation 0.02, biases zero, scales of batch norm around one: as in both papers."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, 0, gain)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1, gain)
            nn.init.zeros_(module.bias)
    return network


# ---------------------------------------------------------------- U-Net


class UnetBlock(nn.Module):
    """One level: halves the side, applies the levels below, doubles it again, and appends the result to the input (the skip connection).

    submodule: the level below, None for the innermost one.
    """

    def __init__(self, outer, inner, submodule=None, outermost=False, norm="batch", upsampling="nearest", dropout=False, channels_in=None):
        super().__init__()
        self.outermost, bias = outermost, norm != "batch"
        down = [nn.Conv2d(channels_in or outer, inner, 4, stride=2, padding=1, bias=bias)]
        width = inner * 2 if submodule else inner  # the result of the level below includes its skip connection
        if upsampling == "nearest":
            up = nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(width, outer, 3, padding=1, bias=bias or outermost))
        else:
            up = nn.ConvTranspose2d(width, outer, 4, stride=2, padding=1, bias=bias or outermost)
        if outermost:
            layers = [*down, submodule, nn.ReLU(), up, nn.Tanh()]
        elif submodule is None:
            layers = [nn.LeakyReLU(0.2), *down, nn.ReLU(), up, normalisation(norm, outer)]
        else:
            layers = [nn.LeakyReLU(0.2), *down, normalisation(norm, inner), submodule, nn.ReLU(), up, normalisation(norm, outer)]
            layers += [nn.Dropout(0.5)] if dropout else []
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x) if self.outermost else torch.cat((x, self.model(x)), 1)


class UnetGenerator(nn.Module):
    """U-Net. channels: the width of each level from the outermost inwards; the side must be a multiple of 2^levels.

    The paper has (64, 128, 256, 512, 512, 512, 512, 512) for 256 px, with dropout in the three levels above the innermost.
    """

    def __init__(self, channels=(32, 64, 128, 256, 256, 256), inputs=3, outputs=3, norm="batch", upsampling="nearest", dropouts=0):
        super().__init__()
        options, block = {"norm": norm, "upsampling": upsampling}, None
        for level in range(len(channels) - 1, 0, -1):
            dropout = len(channels) - 2 >= level > len(channels) - 2 - dropouts
            block = UnetBlock(channels[level - 1], channels[level], block, dropout=dropout, **options)
        self.model = UnetBlock(outputs, channels[0], block, outermost=True, channels_in=inputs, **options)

    def forward(self, x):
        return self.model(x)


# ---------------------------------------------------------------- ResNet


class SeparableConv2d(nn.Module):
    """A depthwise 3x3 convolution, a norm and a 1x1 convolution: a ninth of the arithmetic, as in GAN Compression.

    Li et al.: "GAN Compression: Efficient Architectures for Interactive Conditional GANs", CVPR 2020.
    """

    def __init__(self, inputs, outputs, norm):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(inputs, inputs, 3, groups=inputs), normalisation(norm, inputs), nn.Conv2d(inputs, outputs, 1))

    def forward(self, x):
        return self.conv(x)


class ResnetBlock(nn.Module):
    """Two 3x3 convolutions with mirrored borders, whose result is added to the input."""

    def __init__(self, channels, norm, separable):
        super().__init__()

        def convolution():
            return SeparableConv2d(channels, channels, norm) if separable else nn.Conv2d(channels, channels, 3)

        self.conv_block = nn.Sequential(
            Mirror(1), convolution(), normalisation(norm, channels), nn.ReLU(),
            Mirror(1), convolution(), normalisation(norm, channels),
        )

    def forward(self, x):
        return x + self.conv_block(x)


class ResnetGenerator(nn.Module):
    """Two halvings, residual blocks, two doublings; the side must be a multiple of 4.

    channels: widths at full, half and quarter side; the paper has (64, 128, 256) with 6 blocks (128 px) or 9 (256 px).
    """

    def __init__(self, channels=(24, 48, 80), blocks=6, inputs=3, outputs=3, norm="instance", upsampling="nearest", separable=False):
        super().__init__()
        first, second, third = channels
        layers = [Mirror(3), nn.Conv2d(inputs, first, 7), normalisation(norm, first), nn.ReLU()]
        for before, after in ((first, second), (second, third)):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), normalisation(norm, after), nn.ReLU()]
        layers += [ResnetBlock(third, norm, separable) for _ in range(blocks)]
        for before, after in ((third, second), (second, first)):
            if upsampling == "nearest":
                layers += [nn.Upsample(scale_factor=2, mode="nearest"), Mirror(1), nn.Conv2d(before, after, 3)]
            else:
                layers += [nn.ConvTranspose2d(before, after, 3, stride=2, padding=1, output_padding=1)]
            layers += [normalisation(norm, after), nn.ReLU()]
        self.model = nn.Sequential(*layers, Mirror(3), nn.Conv2d(first, outputs, 7), nn.Tanh())

    def forward(self, x):
        return self.model(x)


# ---------------------------------------------------------------- discriminator


class PatchDiscriminator(nn.Module):
    """PatchGAN: a map of judgements (logits), each over a patch of the picture; with three halvings, 70x70 pixels."""

    def __init__(self, inputs, channels=64, halvings=3, norm="batch"):
        super().__init__()
        bias = norm == "instance"
        layers, width = [nn.Conv2d(inputs, channels, 4, stride=2, padding=1), nn.LeakyReLU(0.2)], channels
        for level in range(1, halvings + 1):
            wider = channels * min(2**level, 8)
            stride = 2 if level < halvings else 1
            layers += [nn.Conv2d(width, wider, 4, stride=stride, padding=1, bias=bias), normalisation(norm, wider), nn.LeakyReLU(0.2)]
            width = wider
        self.model = nn.Sequential(*layers, nn.Conv2d(width, 1, 4, stride=1, padding=1))

    def forward(self, x):
        return self.model(x)


# ---------------------------------------------------------------- for cards and exports


def cost(network, side=256):
    """Floating-point operations (multiply-adds times two) of the convolutions in one forward pass over a square picture."""
    total, hooks = [0], []

    def count(module, _, output):
        per_pixel = module.weight.numel() if isinstance(module, nn.Conv2d) else module.weight.numel() / module.stride[0] ** 2
        total[0] += 2 * per_pixel * output.shape[2] * output.shape[3]

    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            hooks.append(module.register_forward_hook(count))
    with torch.no_grad():
        network(torch.zeros(1, 3, side, side))
    for hook in hooks:
        hook.remove()
    return int(total[0])


def exported(network):
    """The tensors of a generator by name, without the counters of batch norm."""
    return {name: tensor for name, tensor in network.state_dict().items() if not name.endswith("num_batches_tracked")}
