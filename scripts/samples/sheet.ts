import sharp from "sharp";

/** Red, green and blue, 0..1. */
export type Colour = readonly [number, number, number];

/** Side of a sheet while it is drawn, px. */
const DRAWN = 1536;
/** Side of the finished picture, px. */
const SHIPPED = 768;

/** A square sheet to draw on: the colour of each pixel, and how thick its paint is. */
export class Sheet {
  readonly size = DRAWN;
  private readonly colours = new Float32Array(DRAWN * DRAWN * 3);
  private readonly thickness = new Float32Array(DRAWN * DRAWN);

  constructor(paper: Colour) {
    for (let at = 0; at < this.colours.length; at++) this.colours[at] = paper[at % 3]!;
  }

  /**
   * Puts paint on one pixel, if it is on the sheet. `cover` is its opacity, 0..1; `thick` raises the surface for
   * `light`.
   */
  dab(x: number, y: number, colour: Colour, cover: number, thick = 0): void {
    const column = Math.round(x);
    const row = Math.round(y);
    if (column < 0 || row < 0 || column >= DRAWN || row >= DRAWN || cover <= 0) return;
    const at = row * DRAWN + column;
    const share = Math.min(1, cover);
    for (let channel = 0; channel < 3; channel++) {
      const index = at * 3 + channel;
      this.colours[index] = this.colours[index]! * (1 - share) + colour[channel]! * share;
    }
    this.thickness[at] = this.thickness[at]! * (1 - share) + thick * share;
  }

  /** Darkens one pixel by a transparent colour: multiplies each channel, as far as `strength`, 0..1. */
  glaze(x: number, y: number, colour: Colour, strength: number): void {
    const at = (Math.round(y) * DRAWN + Math.round(x)) * 3;
    for (let channel = 0; channel < 3; channel++) {
      this.colours[at + channel] = this.colours[at + channel]! * (1 + (colour[channel]! - 1) * strength);
    }
  }

  /** Paints every pixel; x and y run 0..1. */
  fill(paint: (x: number, y: number) => Colour): void {
    for (let row = 0; row < DRAWN; row++) {
      for (let column = 0; column < DRAWN; column++) this.dab(column, row, paint(column / DRAWN, row / DRAWN), 1);
    }
  }

  /** Paints a filled disc with a soft edge; centre and radius in px. */
  disc(x: number, y: number, radius: number, colour: Colour, cover = 1, thick = 0): void {
    for (let row = Math.floor(y - radius); row <= y + radius; row++) {
      for (let column = Math.floor(x - radius); column <= x + radius; column++) {
        const distance = Math.hypot(column - x, row - y);
        const edge = Math.min(1, radius - distance);
        if (edge > 0) this.dab(column, row, colour, cover * edge, thick * (1 - (distance / radius) ** 2));
      }
    }
  }

  /** Lights the surface of the paint from the upper left; `strength` is about 0..1. */
  light(strength: number): void {
    const { colours, thickness } = this;
    const height = (row: number, column: number) =>
      thickness[Math.min(DRAWN - 1, Math.max(0, row)) * DRAWN + Math.min(DRAWN - 1, Math.max(0, column))]!;
    const lit = new Float32Array(DRAWN * DRAWN);
    for (let row = 0; row < DRAWN; row++) {
      for (let column = 0; column < DRAWN; column++) {
        const slope = height(row, column) * 2 - height(row - 2, column - 1) - height(row - 1, column - 2);
        lit[row * DRAWN + column] = 1 + strength * Math.max(-1, Math.min(1, slope));
      }
    }
    for (let at = 0; at < colours.length; at++) colours[at] = colours[at]! * lit[Math.floor(at / 3)]!;
  }

  /** Encodes the sheet as a JPEG of half its size. */
  async jpeg(quality: number): Promise<Buffer> {
    const bytes = Uint8ClampedArray.from(this.colours, (value) => Math.round(value * 255));
    const picture = sharp(bytes, { raw: { width: DRAWN, height: DRAWN, channels: 3 } });
    return picture.resize(SHIPPED, SHIPPED, { kernel: "lanczos3" }).jpeg({ quality, mozjpeg: true }).toBuffer();
  }
}

/** A colour of a palette: the first at share 0, the last at 1, blended in between. */
export function fromPalette(palette: readonly Colour[], share: number): Colour {
  const place = Math.min(1, Math.max(0, share)) * (palette.length - 1);
  const lower = palette[Math.floor(place)]!;
  return blend(lower, palette[Math.ceil(place)]!, place - Math.floor(place));
}

/** Linear interpolation of two colours: `a` at share 0, `b` at share 1. */
export function blend(a: Colour, b: Colour, share: number): Colour {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

/** Makes a colour lighter by `amount` in all channels, or darker below 0. */
export function shade(colour: Colour, amount: number): Colour {
  return [colour[0] + amount, colour[1] + amount, colour[2] + amount];
}

/** Parses #rrggbb. */
export function hex(code: string): Colour {
  const value = Number.parseInt(code.slice(1), 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}
