// Draws pairs of lines and colours from the SVGs of the npm package openmoji (CC BY-SA 4.0, https://openmoji.org): the data
// of pix2pix.py, which runs this script itself.
//
//   node models/training/draw_openmoji.mjs --out ../training/openmoji
//
// Installs openmoji 17 into that folder (none of it belongs in the repository) and writes two files. pairs.u8 has for each
// emoji its colour layer without lines (side x side x 3 bytes) and its lines drawn six times (side x side bytes each): with
// pens of several widths, with gaps in the strokes, with strokes left out. pairs.json names the emojis in the same order.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";

/**
 * @typedef {{ hexcode: string, annotation: string, group: string, subgroups: string, skintone: string }} Emoji
 * @typedef {{ pen: number, gaps?: boolean, dropped?: number }} Drawing
 */

const { values } = parseArgs({ options: { out: { type: "string" }, side: { type: "string", default: "256" } } });
if (!values.out) throw new Error("--out FOLDER is missing");
const out = values.out;
const side = Number(values.side);

// Groups of data/openmoji.json with the subgroups that are left out. Flags, brands, letters, arrows, signs and skin tones
// teach nothing about colour. Only hands and parts of the body are kept of people, because hair and skin would dominate.
/** @type {Record<string, string[]>} */
const KEPT = {
  "animals-nature": [],
  "food-drink": [],
  "smileys-emotion": [],
  "travel-places": [],
  activities: [],
  objects: ["other-object"],
  "people-body": [
    "family",
    "person",
    "person-activity",
    "person-fantasy",
    "person-gesture",
    "person-resting",
    "person-role",
    "person-sport",
    "person-symbol",
  ],
  "extras-openmoji": ["brand", "emergency", "flags", "interaction", "people", "queer-symbols", "symbol-other", "symbols", "ui-element"],
  "extras-unicode": ["regional-indicator", "subdivision-flag", "symbol-other"],
};
// For each drawing: pen width as a share of the original (2 of 72 units, 7 px at 256), gaps in the strokes, strokes left out.
/** @type {Drawing[]} */
const DRAWINGS = [
  { pen: 1 },
  { pen: 0.5 },
  { pen: 1.5 },
  { pen: 0.75, gaps: true },
  { pen: 1.2, dropped: 1 },
  { pen: 2, gaps: true, dropped: 1 },
];

/**
 * A small seeded generator of numbers in 0..1 (mulberry32).
 * @param {number} seed
 */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * The SVG without its groups whose id begins with "line".
 * @param {string} svg
 */
function withoutLines(svg) {
  let text = svg;
  for (;;) {
    const start = text.search(/<g id="line/);
    if (start < 0) return text;
    let depth = 0;
    let end = text.length;
    for (const tag of text.slice(start).matchAll(/<g(\s[^>]*)?>|<\/g>/g)) {
      if (tag[0].endsWith("/>")) continue;
      depth += tag[0] === "</g>" ? -1 : 1;
      if (depth === 0) {
        end = start + tag.index + tag[0].length;
        break;
      }
    }
    text = text.slice(0, start) + text.slice(end);
  }
}

/**
 * The SVG of the lines drawn in another way.
 * @param {string} svg
 * @param {Drawing} drawing
 * @param {() => number} rng
 */
function redrawn(svg, { pen, gaps, dropped = 0 }, rng) {
  const shapes = [...svg.matchAll(/<(path|line|polyline|polygon|circle|ellipse|rect)\s[^>]*>/g)].map((match) => match[0]);
  // Shorter descriptions are details. Without its outline, nothing would explain the colour of a shape.
  const details = [...shapes.entries()]
    .sort(([, a], [, b]) => a.length - b.length)
    .slice(0, shapes.length / 2)
    .map(([index]) => index);
  const lost = new Set();
  for (let n = 0; n < dropped && details.length > 1; n++) lost.add(details[Math.floor(rng() * details.length)]);
  let index = 0;
  return svg.replace(/<(path|line|polyline|polygon|circle|ellipse|rect)\s[^>]*>/g, (shape) => {
    if (lost.has(index++) && shape.endsWith("/>")) return "";
    return shape.replace(/stroke-width="([\d.]+)"/, (_, width) => {
      const wide = Number(width) * pen;
      const gap = wide * 1.1 + 0.3 + rng();
      const dashes =
        gaps && !shape.includes("dasharray")
          ? ` stroke-dasharray="${15 + 30 * rng()} ${gap} ${25 + 40 * rng()} ${gap}" stroke-dashoffset="${20 * rng()}"`
          : "";
      return `stroke-width="${wide}"${dashes}`;
    });
  });
}

/**
 * Pixels of an SVG on white.
 * @param {string} svg
 * @param {boolean} grey
 */
function pixels(svg, grey) {
  const picture = sharp(Buffer.from(svg), { density: side }).flatten({ background: "#ffffff" }).resize(side, side).removeAlpha();
  return (grey ? picture.greyscale() : picture.toColourspace("srgb")).raw().toBuffer();
}

const folder = join(out, "node_modules", "openmoji");
if (!existsSync(join(folder, "data", "openmoji.json"))) {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "package.json"), '{ "private": true }\n');
  execFileSync("npm", ["install", "openmoji@17", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: out,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
}
const version = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version;
/** @type {Emoji[]} */
const all = JSON.parse(readFileSync(join(folder, "data", "openmoji.json"), "utf8"));
const emojis = all.filter(
  ({ skintone, group, subgroups, annotation }) =>
    skintone === "" && KEPT[group]?.includes(subgroups) === false && !/o’clock|-thirty/.test(annotation),
);
const file = openSync(join(out, "pairs.u8.partial"), "w");
for (const [number, { hexcode }] of emojis.entries()) {
  const rng = random(number + 1);
  const lines = readFileSync(join(folder, "black", "svg", `${hexcode}.svg`), "utf8");
  const colours = readFileSync(join(folder, "color", "svg", `${hexcode}.svg`), "utf8");
  const layers = [pixels(withoutLines(colours), false), ...DRAWINGS.map((drawing) => pixels(redrawn(lines, drawing, rng), true))];
  for (const [n, layer] of (await Promise.all(layers)).entries()) {
    if (layer.length !== side * side * (n ? 1 : 3)) throw new Error(`${hexcode}: layer ${n} has ${layer.length} bytes`);
    writeSync(file, layer);
  }
  if (number % 200 === 199) console.log(`${number + 1} of ${emojis.length} emojis drawn`);
}
renameSync(join(out, "pairs.u8.partial"), join(out, "pairs.u8"));
const names = emojis.map(({ hexcode, annotation, group, subgroups }) => ({ hexcode, annotation, group, subgroup: subgroups }));
writeFileSync(join(out, "pairs.json"), JSON.stringify({ openmoji: version, side, drawings: DRAWINGS, emojis: names }, null, 1));
console.log(`${emojis.length} emojis of openmoji ${version} drawn`);
