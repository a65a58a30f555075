import { layeredNoise, random, smoothstep } from "./noise.js";
import { type Colour, fromPalette, hex, Sheet, shade } from "./sheet.js";

interface Pane {
  x: number;
  y: number;
  colour: Colour;
}

const glass = ["#7a1022", "#c2262c", "#ea6b24", "#f4b52f", "#f7e2a0", "#3f9a6b", "#0f6f78", "#1552a0", "#2b2a7c", "#6a2a83"].map(hex);
const lead = hex("#14110f");

/** A leaded window: panes around a rose, each with streaks and bubbles of its own. */
export function stainedGlass(seed: number): Sheet {
  const sheet = new Sheet(lead);
  const panes = cutPanes(seed);
  const streaks = layeredNoise(seed + 3, 4);
  const grain = layeredNoise(seed + 4, 3);
  sheet.fill((x, y) => {
    const bentX = x + 0.006 * streaks(x * 9, y * 9);
    const bentY = y + 0.006 * streaks(x * 9 + 40, y * 9);
    const { pane, edge } = nearest(panes, bentX, bentY);
    const inside = smoothstep(0.0042, 0.0068, edge);
    const body = 0.09 * streaks(x * 7 + pane.x * 50, y * 22 + pane.y * 50) + 0.05 * grain(x * 90, y * 90);
    const glow = 0.16 * smoothstep(0, 0.035, edge) - 0.1;
    const lit = shade(pane.colour, body + glow);
    const rim = shade(lead, 0.1 * smoothstep(0.0005, 0.0025, edge) * (1 - inside));
    return [rim[0] + (lit[0] - rim[0]) * inside, rim[1] + (lit[1] - rim[1]) * inside, rim[2] + (lit[2] - rim[2]) * inside];
  });
  return sheet;
}

/** Cuts panes in rings around a centre; their colours change around it and outwards. */
function cutPanes(seed: number): Pane[] {
  const next = random(seed);
  const centre = { x: 0.5, y: 0.46 };
  const panes: Pane[] = [{ ...centre, colour: fromPalette(glass, 0.42) }];
  for (let ring = 1; ring <= 15; ring++) {
    const radius = 0.058 * ring;
    const count = 5 + Math.round(ring * 4.6);
    const turn = next() * 6.28;
    for (let place = 0; place < count; place++) {
      const angle = turn + ((place + (next() - 0.5) * 0.45) / count) * Math.PI * 2;
      const reach = radius + (next() - 0.5) * 0.026;
      const hue = (ring * 0.085 + 0.16 * Math.sin(angle * 3 + ring) + (next() - 0.5) * 0.22 + 1.3) % 1;
      const colour = shade(fromPalette(glass, Math.round(hue * (glass.length - 1)) / (glass.length - 1)), (next() - 0.5) * 0.14);
      panes.push({ x: centre.x + Math.cos(angle) * reach, y: centre.y + Math.sin(angle) * reach, colour });
    }
  }
  return panes;
}

/** Finds the pane under a point, and the distance to its border with the next pane. */
function nearest(panes: readonly Pane[], x: number, y: number): { pane: Pane; edge: number } {
  let first = panes[0]!;
  let second = first;
  let firstDistance = Number.POSITIVE_INFINITY;
  let secondDistance = Number.POSITIVE_INFINITY;
  for (const pane of panes) {
    const distance = (pane.x - x) ** 2 + (pane.y - y) ** 2;
    if (distance < firstDistance) {
      second = first;
      secondDistance = firstDistance;
      first = pane;
      firstDistance = distance;
    } else if (distance < secondDistance) {
      second = pane;
      secondDistance = distance;
    }
  }
  const apart = Math.hypot(first.x - second.x, first.y - second.y);
  return { pane: first, edge: apart === 0 ? 1 : (secondDistance - firstDistance) / (2 * apart) };
}
