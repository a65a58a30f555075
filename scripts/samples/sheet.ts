import sharp from "sharp";

/** Red, green and blue, 0..1. */
export type Colour = readonly [number, number, number];

/** Side of a drawing in pixels, before it is made smaller. */
export const DRAWN = 1536;
const SHIPPED = 768;

/** A square sheet to draw on: colour, and how thick the paint lies. */
export class Sheet {
  readonly size = DRAWN;
  private readonly colours = new Float32Array(DRAWN * DRAWN * 3);
  private readonly thickness = new Float32Array(DRAWN * DRAWN);

  constructor(paper: Colour) {
    for (let at = 0; at < this.colours.length; at++) this.colours[at] = paper[at % 3] ?? 0;
  }

  /** Lays paint on one pixel; `cover` 0..1; `thick` raises the surface for the light to catch. */
  dab(x: number, y: number, colour: Colour, cover: number, thick = 0): void {
    const column = Math.round(x);
    const row = Math.round(y);
    if (column < 0 || row < 0 || column >= DRAWN || row >= DRAWN || cover <= 0) return;
    const at = row * DRAWN + column;
    const share = Math.min(1, cover);
    for (let channel = 0; channel < 3; channel++) {
      const place = at * 3 + channel;
      this.colours[place] = (this.colours[place] ?? 0) * (1 - share) + (colour[channel] ?? 0) * share;
    }
    this.thickness[at] = (this.thickness[at] ?? 0) * (1 - share) + thick * share;
  }

  /** Darkens one pixel as a glaze does: each channel times the glaze's. */
  glaze(x: number, y: number, colour: Colour, strength: number): void {
    const at = (Math.round(y) * DRAWN + Math.round(x)) * 3;
    for (let channel = 0; channel < 3; channel++) {
      this.colours[at + channel] = (this.colours[at + channel] ?? 0) * (1 + ((colour[channel] ?? 0) - 1) * strength);
    }
  }

  /** Colours every pixel; x and y run 0..1. */
  fill(paint: (x: number, y: number) => Colour): void {
    for (let row = 0; row < DRAWN; row++) {
      for (let column = 0; column < DRAWN; column++) this.dab(column, row, paint(column / DRAWN, row / DRAWN), 1);
    }
  }

  /** A filled disc with a soft edge. */
  disc(x: number, y: number, radius: number, colour: Colour, cover = 1, thick = 0): void {
    for (let row = Math.floor(y - radius); row <= y + radius; row++) {
      for (let column = Math.floor(x - radius); column <= x + radius; column++) {
        const distance = Math.hypot(column - x, row - y);
        const edge = Math.min(1, radius - distance);
        if (edge > 0) this.dab(column, row, colour, cover * edge, thick * (1 - (distance / radius) ** 2));
      }
    }
  }

  /** Light from the upper left on the paint's surface; `strength` about 0..1. */
  light(strength: number): void {
    const { colours, thickness } = this;
    const height = (row: number, column: number) =>
      thickness[Math.min(DRAWN - 1, Math.max(0, row)) * DRAWN + Math.min(DRAWN - 1, Math.max(0, column))] ?? 0;
    const lit = new Float32Array(DRAWN * DRAWN);
    for (let row = 0; row < DRAWN; row++) {
      for (let column = 0; column < DRAWN; column++) {
        const slope = height(row, column) * 2 - height(row - 2, column - 1) - height(row - 1, column - 2);
        lit[row * DRAWN + column] = 1 + strength * Math.max(-1, Math.min(1, slope));
      }
    }
    for (let at = 0; at < colours.length; at++) colours[at] = (colours[at] ?? 0) * (lit[Math.floor(at / 3)] ?? 1);
  }

  /** The sheet as a JPEG of half its size. */
  async jpeg(quality: number): Promise<Buffer> {
    const bytes = Uint8ClampedArray.from(this.colours, (value) => Math.round(value * 255));
    const picture = sharp(bytes, { raw: { width: DRAWN, height: DRAWN, channels: 3 } });
    return picture.resize(SHIPPED, SHIPPED, { kernel: "lanczos3" }).jpeg({ quality, mozjpeg: true }).toBuffer();
  }
}

/** A colour of a palette: 0 is the first, 1 the last, blended between. */
export function fromPalette(palette: readonly Colour[], share: number): Colour {
  const place = Math.min(1, Math.max(0, share)) * (palette.length - 1);
  const lower = palette[Math.floor(place)] ?? [0, 0, 0];
  return blend(lower, palette[Math.ceil(place)] ?? lower, place - Math.floor(place));
}

export function blend(a: Colour, b: Colour, share: number): Colour {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

/** `amount` lighter or, below 0, darker in all channels. */
export function shade(colour: Colour, amount: number): Colour {
  return [colour[0] + amount, colour[1] + amount, colour[2] + amount];
}

/** #rrggbb */
export function hex(code: string): Colour {
  const value = Number.parseInt(code.slice(1), 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}
