"""Judges vgg19-lite by its paintings, measured with the real VGG-19.

A low style loss under the student's own features proves nothing, because the optimiser finds pictures that deceive only
the student. So each pair of photo and painting is painted with the student, and the *result* is measured with VGG-19
(relative Gram error |G - A|^2 / |A|^2 at five layers, relative content error |F - P|^2 / |P|^2 at conv4_2). The result of
painting with VGG-19 itself and the untouched photo are measured too:

    way = (photo's term - student's term) / (photo's term - VGG-19's term)

is 0 for a student that changes nothing and 1 for one that paints like VGG-19. Better style means worse content, so the
student paints with several values of alpha, and its terms are interpolated at VGG-19's content term.

    python3 models/training/evaluate_vgg19_lite.py --weights .../vgg19-lite.safetensors --out /somewhere/judgement

Both paint with the same settings: 256 px on the longer side, alpha 1, beta 100 (mean of five layers), gamma 0.02, Adam
with learning rate 0.02, 150 steps from the photo. Each run of VGG-19 takes minutes, so they are kept in
<out>/vgg19-runs.json.
"""
import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from vgg19 import CONTENT_LAYER, STYLE_LAYERS, Teacher, gram, relative, total_variation
from vgg19_lite import Student, plan_of


def read(path, longest):
    """A picture as (1,3,H,W) in 0..1, its longer side `longest` px."""
    picture = Image.open(path).convert("RGB")
    scale = longest / max(picture.size)
    picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.LANCZOS)
    return torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1)[None].float() / 255


def write(path, picture):
    Image.fromarray((picture[0].permute(1, 2, 0) * 255).round().byte().numpy()).save(path)


def paint(network, content, style, alpha, steps):
    """Style transfer with the features of `network`, starting from the content picture."""
    with torch.no_grad():
        wanted = network(content)[CONTENT_LAYER]
        grams = {layer: gram(features) for layer, features in network(style).items() if layer in STYLE_LAYERS}
    image = content.clone().requires_grad_(True)
    optimiser = torch.optim.Adam([image], lr=0.02)
    for _ in range(steps):
        features = network(image)
        loss = alpha * relative(features[CONTENT_LAYER], wanted) + 0.02 * total_variation(image)
        for layer in STYLE_LAYERS:
            loss = loss + 100 / len(STYLE_LAYERS) * relative(gram(features[layer]), grams[layer])
        optimiser.zero_grad(set_to_none=True)
        loss.sum().backward(inputs=[image])
        optimiser.step()
        with torch.no_grad():
            image.clamp_(0, 1)
    return image.detach()


@torch.no_grad()
def measure(teacher, image, photo, painting):
    """Content term and style terms (by layer) of a picture under VGG-19, given the features of photo and painting."""
    features = teacher(image)
    return {
        "content": relative(features[CONTENT_LAYER], photo[CONTENT_LAYER]).item(),
        "style": {layer: relative(gram(features[layer]), gram(painting[layer])).item() for layer in STYLE_LAYERS},
    }


def mean_style(terms):
    return sum(terms["style"].values()) / len(STYLE_LAYERS)


def at_equal_content(runs, content):
    """Style terms of several runs, interpolated linearly at a content term; outside their range, those of the nearest run."""
    runs = sorted(runs, key=lambda run: run["content"])
    places = [run["content"] for run in runs]
    inside = places[0] <= content <= places[-1]
    style = {layer: float(np.interp(content, places, [run["style"][layer] for run in runs])) for layer in STYLE_LAYERS}
    return {"content": content if inside else min(places, key=lambda place: abs(place - content)), "inside": inside, "style": style}


def judge_pair(student, teacher, content_path, style_path, kept, args):
    """Terms of the photo, of VGG-19's result and of the student's result at equal content, and the student's way."""
    content, style = read(content_path, args.size), read(style_path, args.size)
    with torch.no_grad():
        targets = teacher(content), teacher(style)
    name = f"{Path(content_path).stem} x {Path(style_path).stem}"
    key = f"{name}, {args.size} px, {args.steps} steps, alpha 1"
    out = Path(args.out)
    if key not in kept:
        image = paint(Teacher(args.teacher, torch.bfloat16) if args.bfloat16 else teacher, content, style, 1, args.steps)
        write(out / f"{name.replace(' ', '_')}_vgg19.png", image)
        kept[key] = measure(teacher, image, *targets)
        (out / "vgg19-runs.json").write_text(json.dumps(kept, indent=1))
    runs = []
    for alpha in args.alphas:
        begun = time.time()
        image = paint(student, content, style, alpha, args.steps)
        runs.append({"alpha": alpha, "seconds": round(time.time() - begun, 1), **measure(teacher, image, *targets)})
        write(out / f"{name.replace(' ', '_')}_lite_alpha{alpha:g}.png", image)
    photo, own, lite = measure(teacher, content, *targets), kept[key], at_equal_content(runs, kept[key]["content"])
    ways = {layer: (photo["style"][layer] - lite["style"][layer]) / (photo["style"][layer] - own["style"][layer]) for layer in STYLE_LAYERS}
    way = (mean_style(photo) - mean_style(lite)) / (mean_style(photo) - mean_style(own))
    show = lambda terms: "/".join(f"{value:.3f}" for value in terms["style"].values())
    print(f"{name}: photo {show(photo)}, VGG-19 {show(own)} at {own['content']:.2f}, student {show(lite)}"
          f"{'' if lite['inside'] else ' (content term out of reach)'}, way {way:.3f}, conv5_1 {ways['conv5_1']:.3f}", flush=True)
    return {"pair": name, "photo": photo, "vgg19": own, "student": runs, "equalContent": lite, "way": way, "ways": ways}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weights", help="vgg19-lite.safetensors")
    parser.add_argument("--checkpoint", help="a training run's checkpoint.pt instead")
    parser.add_argument("--out", required=True, help="folder for judgement.json, vgg19-runs.json and the pictures")
    parser.add_argument("--teacher", default="../shared/weights/vgg19/vgg19.safetensors")
    parser.add_argument("--contents", default="../shared/images/content", help="folder of photos")
    parser.add_argument("--styles", default="../shared/images/style", help="folder of paintings")
    parser.add_argument("--style-names", nargs="+", default=["starry_night", "wave_kanagawa"])
    parser.add_argument("--content-names", nargs="+", default=["tubingen", "hoovertowernight", "lion", "taj_mahal"])
    parser.add_argument("--alphas", nargs="+", type=float, default=[0.4, 1, 2.5])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--bfloat16", action="store_true", help="paint with VGG-19 in bfloat16 (3 times faster; results are always measured in float32)")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    teacher = Teacher(args.teacher)
    if args.checkpoint:
        state = torch.load(args.checkpoint, map_location="cpu")["student"]
        student = Student(plan=plan_of(state))
        student.load_state_dict(state)
    else:
        student = Student.load(args.weights)
    student = student.requires_grad_(False).to(memory_format=torch.channels_last)
    runs = out / "vgg19-runs.json"
    kept = json.loads(runs.read_text()) if runs.exists() else {}
    pairs = [
        judge_pair(student, teacher, Path(args.contents) / f"{photo}.jpg", Path(args.styles) / f"{painting}.jpg", kept, args)
        for photo in args.content_names
        for painting in args.style_names
    ]
    photo, own, lite = (sum(mean_style(pair[key]) for pair in pairs) for key in ("photo", "vgg19", "equalContent"))
    layers = {}
    for layer in STYLE_LAYERS:
        before, best, after = (sum(pair[key]["style"][layer] for pair in pairs) for key in ("photo", "vgg19", "equalContent"))
        layers[layer] = (before - after) / (before - best)
    summary = {"way": (photo - lite) / (photo - own), "layers": layers, "pairs": pairs, "settings": vars(args)}
    (out / "judgement.json").write_text(json.dumps(summary, indent=1))
    print(f"over {len(pairs)} pairs: way {summary['way']:.3f},", ", ".join(f"{layer} {way:.3f}" for layer, way in layers.items()))


if __name__ == "__main__":
    main()
