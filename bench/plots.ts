import type { Curve } from "./curves.js";
import type { Result } from "./results.js";

/** One line of a plot. */
interface Series {
  name: string;
  points: readonly (readonly [number, number])[];
}

interface Plot {
  title: string;
  /** What the axes show, with units. */
  x: string;
  y: string;
  series: readonly Series[];
  /** Whether equal factors are equally far apart, on both axes. */
  logarithmic?: boolean;
}

const colours = ["#1b6ca8", "#c8553d", "#3c7a3c", "#7a4b94", "#8a6d1d", "#555555"];
const frame = { width: 720, height: 420, left: 64, right: 700, top: 44, bottom: 330 };

/** The plots of the benchmarks as SVG text, by file name. */
export function plotsOf(results: readonly Result[], curves: readonly Curve[]): Map<string, string> {
  const plots = new Map([["step-time.svg", draw(stepTime(results))]]);
  plots.set("convolutions.svg", draw(convolutionRates(results)));
  for (const pair of new Set(curves.map((curve) => curve.pair))) {
    const shown = curves.filter((curve) => curve.pair === pair);
    const series = shown.map(({ name, points }) => ({ name, points: points.filter(([, loss]) => loss < 2) }));
    const title = `J of VGG-19 against seconds, ${pair}, ${shown[0]!.size} px`;
    plots.set(
      `good-picture-${pair.replaceAll(/\W+/g, "-")}.svg`,
      draw({ title, x: "seconds of computing", y: "J", series, logarithmic: true }),
    );
  }
  return plots;
}

function stepTime(results: readonly Result[]): Plot {
  const steps = results.flatMap((result) => {
    const size = /^VGG-19 loss and gradient, (\d+) px$/.exec(result.bench)?.[1];
    return size ? [{ ...result, size: Number(size) }] : [];
  });
  const sizes = [...new Set(steps.map(({ size }) => size))].sort((a, b) => a - b);
  const ours = sizes.map((size): [number, number] => [size, steps.find((step) => step.size === size)!.value]);
  const peers = [...new Set(steps.map(({ peer }) => peer))].map((peer) => ({
    name: peer,
    points: steps
      .filter((step) => step.peer === peer)
      .map(({ size, value, ratio }): [number, number] => [size, value * ratio!])
      .sort(([a], [b]) => a - b),
  }));
  return {
    title: "Time of one VGG-19 step against size",
    x: "longer side, px",
    y: "ms",
    series: [{ name: "Atelier", points: ours }, ...peers],
    logarithmic: true,
  };
}

/** Rates of the layers, by their channels, as shares of that of a large matrix product. */
function convolutionRates(results: readonly Result[]): Plot {
  const peak = results.find(({ bench }) => bench.startsWith("rate of a large matrix product"))?.value;
  const layers = results.flatMap(({ bench, value, ratio }) => {
    const [, channels, side] = /^convolution of (\d+) channels, (\d+) x/.exec(bench) ?? [];
    if (!channels || !side || !peak) return [];
    const flop = 2 * 9 * Number(channels) ** 2 * Number(side) ** 2;
    const share = (ms: number) => (100 * flop) / ms / 1e6 / peak;
    return [{ channels: Number(channels), side: Number(side), winograd: share(value), direct: share(value * ratio!) }];
  });
  const line = (name: string, of: (layer: (typeof layers)[number]) => number, sized: number) => ({
    name,
    points: layers
      .filter(({ channels, side }) => channels * side === sized)
      .map((layer): [number, number] => [layer.channels, of(layer)])
      .sort(([a], [b]) => a - b),
  });
  return {
    title: "Arithmetic of the direct method, as a share of the rate of a large matrix product",
    x: "channels of the layer",
    y: "%",
    series: [
      line("Winograd, layers at 256 px", ({ winograd }) => winograd, 16384),
      line("Winograd, layers at 512 px", ({ winograd }) => winograd, 32768),
      line("direct, layers at 256 px", ({ direct }) => direct, 16384),
      line("direct, layers at 512 px", ({ direct }) => direct, 32768),
    ].filter(({ points }) => points.length > 0),
    logarithmic: true,
  };
}

function draw({ title, x, y, series, logarithmic = false }: Plot): string {
  const place = logarithmic ? Math.log : (value: number) => value;
  const all = series.flatMap(({ points }) => points);
  const across = scale(
    all.map(([value]) => value),
    frame.left,
    frame.right,
    place,
  );
  const up = scale(
    all.map(([, value]) => value),
    frame.bottom,
    frame.top,
    place,
  );
  const { left, right, top, bottom, width, height } = frame;
  const parts = [
    `<rect width="${width}" height="${height}" fill="white"/>`,
    text(left, 24, title, 15),
    `<path d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="#333"/>`,
    text(left, top - 6, y),
    text(right, bottom + 34, x, 12, "end"),
    ...ticks(all.map(([value]) => value)).map((value) => text(across(value), bottom + 18, label(value), 12, "middle")),
    ...ticks(all.map(([, value]) => value)).map((value) => text(left - 6, up(value) + 4, label(value), 12, "end")),
    ...series.flatMap(({ name, points }, index) => {
      const colour = colours[index % colours.length]!;
      const line = points.map(([a, b]) => `${across(a).toFixed(1)},${up(b).toFixed(1)}`).join(" ");
      const [column, row] = [left + 330 * (index % 2), bottom + 52 + 16 * Math.floor(index / 2)];
      const dots =
        points.length > 12
          ? []
          : points.map(([a, b]) => `<circle cx="${across(a).toFixed(1)}" cy="${up(b).toFixed(1)}" r="3" fill="${colour}"/>`);
      return [
        `<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="1.5"/>`,
        ...dots,
        `<rect x="${column}" y="${row - 9}" width="10" height="10" fill="${colour}"/>`,
        text(column + 16, row, name),
      ];
    }),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif">\n<title>${escaped(title)}</title>\n${parts.join("\n")}\n</svg>\n`;
}

/** Maps values to places between `from` and `to`. */
function scale(values: readonly number[], from: number, to: number, place: (value: number) => number): (value: number) => number {
  const [low, high] = [place(Math.min(...values)), place(Math.max(...values))];
  return (value) => from + ((to - from) * (place(value) - low)) / (high - low || 1);
}

/** The values themselves where they are few, else some round ones between them. */
function ticks(values: readonly number[]): number[] {
  const own = [...new Set(values)].sort((a, b) => a - b);
  const [low, high] = [own[0] ?? 0, own.at(-1) ?? 1];
  if (own.length <= 4) return own;
  const round = [0.1, 1, 10, 100, 1000, 10_000].flatMap((power) => [1, 1.2, 1.5, 2, 3, 5, 7].map((digit) => digit * power));
  return round.filter((value) => value >= low && value <= high);
}

function label(value: number): string {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(3)));
}

function text(x: number, y: number, content: string, size = 12, anchor = "start"): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}" text-anchor="${anchor}" fill="#222">${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
