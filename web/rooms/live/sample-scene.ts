/** A bay in changing light: sky, hills, sea, boats and birds, painted on a canvas for any moment of a loop. */

/** Length of the loop, s. */
export const LOOP_SECONDS = 12;

type Context = CanvasRenderingContext2D;

/** Colours of the sky (top, horizon), of the light and of the sea over the loop: morning, noon, evening. */
const hours = [
  { sky: [52, 92, 158], horizon: [250, 196, 148], light: [255, 214, 150], sea: [38, 84, 120] },
  { sky: [44, 120, 196], horizon: [188, 222, 238], light: [255, 246, 214], sea: [22, 104, 140] },
  { sky: [70, 48, 118], horizon: [246, 132, 84], light: [255, 170, 90], sea: [62, 58, 110] },
] as const;

type Colour = readonly [number, number, number];

/** Paints the moment `seconds` (0..12, any other wraps) over the whole canvas. */
export function paintScene(context: Context, seconds: number): void {
  const { height } = context.canvas;
  const phase = (((seconds % LOOP_SECONDS) + LOOP_SECONDS) % LOOP_SECONDS) / LOOP_SECONDS;
  const hour = lightAt(phase);
  const sea = height * 0.58;
  paintSky(context, phase, hour, sea);
  paintHills(context, hour, sea);
  paintSea(context, phase, hour, sea);
  paintBoats(context, phase, sea);
  paintBirds(context, phase);
}

interface Light {
  sky: Colour;
  horizon: Colour;
  light: Colour;
  sea: Colour;
}

/** The three hours run into each other, the last one back into the first. */
function lightAt(phase: number): Light {
  const place = phase * hours.length;
  const [from, to] = [hours[Math.floor(place) % hours.length], hours[(Math.floor(place) + 1) % hours.length]];
  if (!from || !to) throw new Error("There is no such hour.");
  const share = smooth(place % 1);
  return {
    sky: mix(from.sky, to.sky, share),
    horizon: mix(from.horizon, to.horizon, share),
    light: mix(from.light, to.light, share),
    sea: mix(from.sea, to.sea, share),
  };
}

function paintSky(context: Context, phase: number, { sky, horizon, light }: Light, sea: number): void {
  const { width } = context.canvas;
  const gradient = context.createLinearGradient(0, 0, 0, sea);
  gradient.addColorStop(0, css(sky));
  gradient.addColorStop(1, css(horizon));
  context.fillStyle = gradient;
  context.fillRect(0, 0, width, sea + 1);
  const [x, y] = sunAt(phase, width, sea);
  const glow = context.createRadialGradient(x, y, 0, x, y, width * 0.35);
  glow.addColorStop(0, css(light, 0.95));
  glow.addColorStop(0.1, css(light, 0.55));
  glow.addColorStop(1, css(light, 0));
  context.fillStyle = glow;
  context.fillRect(0, 0, width, sea + 1);
  for (let cloud = 0; cloud < 5; cloud++) paintCloud(context, cloud, phase, light);
}

function sunAt(phase: number, width: number, sea: number): [number, number] {
  const angle = phase * 2 * Math.PI;
  return [width * (0.5 - 0.32 * Math.cos(angle)), sea * (0.62 - 0.38 * Math.sin(angle / 2) ** 2)];
}

function paintCloud(context: Context, cloud: number, phase: number, light: Light["light"]): void {
  const { width, height } = context.canvas;
  // Whole rounds per loop, so that the last picture runs into the first.
  const x = ((cloud * 0.23 + phase + random(cloud)) % 1) * 1.4 - 0.2;
  const y = 0.06 + 0.26 * random(cloud + 10);
  for (let puff = 0; puff < 14; puff++) {
    const size = height * (0.025 + 0.045 * random(cloud * 31 + puff));
    const px = width * x + (puff - 7) * height * 0.022;
    const py = height * y - Math.sin((puff / 13) * Math.PI) * height * 0.035 + height * 0.02 * random(puff + cloud);
    const shade = context.createRadialGradient(px - size * 0.3, py - size * 0.4, 0, px, py, size);
    shade.addColorStop(0, css(mix([255, 255, 255], light, 0.35), 0.75));
    shade.addColorStop(1, css(mix([180, 190, 210], light, 0.25), 0));
    context.fillStyle = shade;
    context.fillRect(px - size, py - size, size * 2, size * 2);
  }
}

function paintHills(context: Context, { horizon, light }: Light, sea: number): void {
  const { width, height } = context.canvas;
  const ground: Colour[] = [
    [96, 122, 150],
    [72, 118, 96],
    [58, 96, 52],
  ];
  for (const [layer, colour] of ground.entries()) {
    const depth = 1 - layer / ground.length;
    const ridge = (x: number) => {
      const at = x / width;
      const wave =
        Math.sin(at * (5 + 3 * layer) + layer * 2.1) + 0.5 * Math.sin(at * (13 + 5 * layer) + layer) + 0.22 * Math.sin(at * 41 + layer * 7);
      const shore = layer === 2 ? Math.max(0, Math.abs(at - 0.45) * 2.6 - 0.5) : 1;
      return sea - height * (0.05 + 0.045 * (wave + 1.3)) * (0.45 + 0.75 * depth) * Math.min(1.3, shore);
    };
    context.fillStyle = css(mix(mix(colour, horizon, depth * 0.45), light, 0.12));
    context.beginPath();
    context.moveTo(0, sea);
    for (let x = 0; x <= width; x += 2) context.lineTo(x, ridge(x));
    context.lineTo(width, sea);
    context.fill();
    for (let tree = 0; tree < 90 * layer; tree++) paintTree(context, tree + layer * 200, ridge, sea, colour);
  }
}

function paintTree(context: Context, tree: number, ridge: (x: number) => number, sea: number, ground: Colour): void {
  const x = random(tree) * context.canvas.width;
  const top = ridge(x);
  if (sea - top < 4) return;
  const y = top + (sea - top) * random(tree + 0.5);
  const size = 1.5 + 3.5 * random(tree + 0.25);
  context.fillStyle = css(mix(ground, random(tree + 0.75) < 0.5 ? [24, 52, 30] : [150, 168, 70], 0.5));
  context.beginPath();
  context.ellipse(x, y, size, size * 1.25, 0, 0, 2 * Math.PI);
  context.fill();
}

function paintSea(context: Context, phase: number, { sea: colour, horizon, light }: Light, sea: number): void {
  const { width, height } = context.canvas;
  const gradient = context.createLinearGradient(0, sea, 0, height);
  gradient.addColorStop(0, css(mix(colour, horizon, 0.55)));
  gradient.addColorStop(0.35, css(colour));
  gradient.addColorStop(1, css(mix(colour, [8, 20, 40], 0.45)));
  context.fillStyle = gradient;
  context.fillRect(0, sea, width, height - sea);
  const [sun] = sunAt(phase, width, sea);
  for (let wave = 0; wave < 420; wave++) {
    const near = random(wave) ** 1.6;
    const y = sea + near * (height - sea);
    const swing = Math.sin(2 * Math.PI * (2 * phase + random(wave + 0.3)) + near * 9);
    const x = (random(wave + 0.6) * 1.1 - 0.05) * width + swing * (1 + 6 * near);
    const glint = Math.max(0, 1 - Math.abs(x - sun) / (width * (0.06 + 0.16 * near)));
    const tone =
      glint > 0.05 && swing > -0.3 ? mix(colour, light, 0.35 + 0.65 * glint) : mix(colour, swing > 0 ? horizon : [6, 24, 48], 0.35);
    context.fillStyle = css(tone, 0.45 + 0.5 * glint);
    context.beginPath();
    context.ellipse(x, y, 2 + 16 * near * random(wave + 0.9), 0.6 + 1.8 * near, 0, 0, 2 * Math.PI);
    context.fill();
  }
}

const boats = [
  { at: 0.08, depth: 0.12, scale: 0.55, rounds: 1, sail: [246, 240, 226] as Colour, hull: [120, 52, 40] as Colour },
  { at: 0.55, depth: 0.3, scale: 0.95, rounds: -1, sail: [226, 96, 60] as Colour, hull: [36, 44, 66] as Colour },
  { at: 0.3, depth: 0.58, scale: 1.6, rounds: 1, sail: [250, 222, 150] as Colour, hull: [70, 40, 30] as Colour },
];

function paintBoats(context: Context, phase: number, sea: number): void {
  const { width, height } = context.canvas;
  for (const { at, depth, scale, rounds, sail, hull } of boats) {
    const x = (((at + rounds * phase) % 1) + 1) % 1;
    const bob = Math.sin(2 * Math.PI * (3 * phase + at));
    context.save();
    context.translate((x * 1.3 - 0.15) * width, sea + depth * (height - sea) + bob * 2 * scale);
    context.rotate(bob * 0.04);
    context.scale((rounds * scale * height) / 240, (scale * height) / 240);
    context.fillStyle = css(hull, 0.25);
    fill(context, [-22, 6, 22, 6, 14, 22, -10, 20]);
    context.fillStyle = css(hull);
    fill(context, [-24, 0, 26, -2, 18, 9, -18, 9]);
    context.fillStyle = css([60, 40, 30]);
    context.fillRect(-1, -50, 2, 50);
    context.fillStyle = css(sail);
    fill(context, [2, -48, 24, -6, 2, -5]);
    context.fillStyle = css(mix(sail, [90, 80, 110], 0.35));
    fill(context, [-3, -42, -18, -6, -3, -5]);
    context.restore();
  }
}

function paintBirds(context: Context, phase: number): void {
  const { width, height } = context.canvas;
  context.strokeStyle = "rgb(40 42 52 / 80%)";
  context.lineWidth = Math.max(1, height / 200);
  for (let bird = 0; bird < 6; bird++) {
    const x = (((0.15 * bird + phase + random(bird + 50) * 0.2) % 1) * 1.2 - 0.1) * width;
    const y = height * (0.14 + 0.16 * random(bird + 60)) + Math.sin(2 * Math.PI * (phase * 2 + bird / 6)) * height * 0.02;
    const wing = height * (0.012 + 0.012 * random(bird + 70));
    const beat = Math.sin(2 * Math.PI * (12 * phase + bird / 3)) * wing * 0.8;
    context.beginPath();
    context.moveTo(x - wing * 1.6, y - beat);
    context.quadraticCurveTo(x - wing * 0.5, y - wing * 0.4, x, y);
    context.quadraticCurveTo(x + wing * 0.5, y - wing * 0.4, x + wing * 1.6, y - beat);
    context.stroke();
  }
}

/** Fills a polygon of x, y, x, y, ... */
function fill(context: Context, points: readonly number[]): void {
  context.beginPath();
  for (let index = 0; index < points.length; index += 2) context.lineTo(points[index] ?? 0, points[index + 1] ?? 0);
  context.fill();
}

/** A number from 0 to 1 that is always the same for the same seed. */
function random(seed: number): number {
  const value = Math.sin(seed * 127.1 + 311.7) * 43_758.5453;
  return value - Math.floor(value);
}

function smooth(share: number): number {
  return share * share * (3 - 2 * share);
}

function mix(from: Colour, to: Colour, share: number): Colour {
  const between = (channel: 0 | 1 | 2) => from[channel] + (to[channel] - from[channel]) * share;
  return [between(0), between(1), between(2)];
}

function css([red, green, blue]: Colour, alpha = 1): string {
  return `rgb(${red.toFixed(0)} ${green.toFixed(0)} ${blue.toFixed(0)} / ${(alpha * 100).toFixed(0)}%)`;
}
