"""Test inputs for pix2pix: drawings in the style of a person with a pen, wobbly and not quite closed.

Each drawing is a list of strokes on a page of 100 x 100; a stroke is a list of points on a smooth curve.
"""
import math
import random

import numpy as np
from PIL import Image, ImageDraw


def arc(x, y, rx, ry=None, first=0, last=352):
    """Points on an ellipse, with angles in degrees; by default a circle that does not quite close."""
    steps = max(6, int(abs(last - first) / 24))
    angles = [math.radians(first + (last - first) * k / steps) for k in range(steps + 1)]
    return [(x + rx * math.cos(a), y + (ry or rx) * math.sin(a)) for a in angles]


def straight(*corners):
    """A polyline; each edge gets extra points, so that it stays straight except for the wobble."""
    points = []
    for (x0, y0), (x1, y1) in zip(corners, corners[1:]):
        steps = max(2, int(math.hypot(x1 - x0, y1 - y0) / 6))
        points += [(x0 + (x1 - x0) * k / steps, y0 + (y1 - y0) * k / steps) for k in range(steps)]
    return [*points, corners[-1]]


SKETCHES = {
    "cat": [
        [*straight((30, 36), (24, 14), (42, 26)), *arc(50, 52, 30, 28, -105, -75), *straight((58, 26), (76, 14), (70, 36)), *arc(50, 54, 30, 30, -30, 210), (29, 37)],
        arc(39, 48, 2.5, 4), arc(61, 48, 2.5, 4), straight((46, 58), (54, 58), (50, 62), (46, 58)),
        [(50, 62), (48, 67), (42, 67)], [(50, 62), (52, 67), (58, 67)],
        straight((30, 60), (12, 57)), straight((30, 65), (13, 68)), straight((70, 60), (88, 57)), straight((70, 65), (87, 68)),
    ],
    "house": [
        straight((22, 46), (22, 86), (78, 86), (78, 46)), straight((14, 50), (50, 16), (86, 50), (14, 50)),
        straight((44, 86), (44, 64), (57, 64), (57, 86)), straight((28, 56), (38, 56), (38, 66), (28, 66), (28, 56)),
        straight((63, 56), (73, 56), (73, 66), (63, 66), (63, 56)), straight((64, 28), (64, 16), (72, 16), (72, 36)),
    ],
    "fish": [
        [(14, 50), (26, 36), (44, 30), (60, 36), (72, 48), (86, 34), (84, 50), (87, 68), (72, 52), (60, 64), (44, 70), (26, 64), (15, 51)],
        arc(28, 46, 3), [(38, 36), (43, 48), (40, 62)], [(46, 30), (56, 20), (60, 35)], [(14, 52), (20, 54), (23, 53)],
    ],
    "flower": [
        arc(50, 34, 8), *[arc(50 + 15 * math.cos(a), 34 + 15 * math.sin(a), 8.5, None, math.degrees(a) - 140, math.degrees(a) + 140)
                          for a in (math.radians(d) for d in range(0, 360, 60))],
        [(50, 58), (51, 72), (49, 92)], [(50, 80), (60, 66), (74, 66), (66, 78), (51, 81)], [(50, 86), (38, 72), (26, 73), (34, 84), (49, 87)],
    ],
    "tree": [
        [(42, 66), (26, 66), (18, 54), (26, 42), (28, 28), (44, 18), (58, 16), (72, 26), (76, 40), (84, 52), (76, 65), (60, 66)],
        [(42, 66), (43, 80), (39, 92)], [(60, 66), (58, 80), (62, 92)], straight((39, 92), (62, 92)), [(44, 66), (52, 68), (59, 66)],
    ],
    "sun": [arc(50, 50, 20), *[straight((50 + 27 * math.cos(a), 50 + 27 * math.sin(a)), (50 + 39 * math.cos(a), 50 + 39 * math.sin(a)))
                               for a in (math.radians(d) for d in range(0, 360, 45))]],
    "apple": [
        [(50, 34), (40, 28), (26, 32), (20, 48), (26, 70), (38, 84), (50, 80), (62, 84), (74, 70), (80, 48), (74, 32), (60, 28), (51, 34)],
        [(50, 34), (51, 24), (56, 16)], [(54, 24), (64, 14), (76, 18), (66, 27), (55, 25)],
    ],
    "smiley": [arc(50, 50, 34), arc(38, 42, 2.5, 4), arc(62, 42, 2.5, 4), [(32, 58), (40, 68), (50, 71), (60, 68), (68, 57)]],
    "heart": [[(50, 34), (42, 22), (28, 20), (18, 32), (20, 48), (34, 66), (50, 82), (66, 66), (80, 48), (82, 32), (72, 20), (58, 22), (51, 33)]],
    "boat": [
        straight((16, 66), (84, 66)), [(16, 66), (22, 76), (30, 84)], straight((30, 84), (70, 84)), [(70, 84), (78, 76), (84, 66)],
        straight((50, 66), (50, 14)), straight((54, 16), (80, 58), (54, 58), (54, 17)), straight((46, 24), (22, 58), (46, 58), (46, 25)),
    ],
}


def curve(points, per_span=6):
    """A Catmull-Rom spline through the points."""
    points = [points[0], *points, points[-1]]
    smooth = []
    for a, b, c, d in zip(points, points[1:], points[2:], points[3:]):
        for k in range(per_span):
            t = k / per_span
            smooth.append(tuple(0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t * t + (3 * q - p - 3 * r + s) * t**3) for p, q, r, s in zip(a, b, c, d)))
    return [*smooth, points[-1]]


def draw(name, side=256, pen=6.0, seed=0):
    """A sketch as a greyscale array (side, side), black on white. pen: the width in pixels at 256 px."""
    rng, scale = random.Random(f"{name}{seed}"), 4
    page = Image.new("L", (side * scale, side * scale), 255)
    brush, unit, radius = ImageDraw.Draw(page), side * scale / 100, pen * side / 256 * scale / 2
    for stroke in SKETCHES[name]:
        extent = max(max(axis) - min(axis) for axis in zip(*stroke))
        tremor = min(0.5, extent / 40)
        wobbly = [(x + rng.gauss(0, tremor), y + rng.gauss(0, tremor)) for x, y in stroke]
        trace = [(x * unit, y * unit) for x, y in curve(wobbly)]
        brush.line(trace, fill=0, width=round(2 * radius))
        for x, y in trace:
            brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=0)
    return np.asarray(page.resize((side, side), Image.BOX))
