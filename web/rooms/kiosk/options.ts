import { type NumberRange, styleTransferSettings } from "../../../server/records/settings";
import { type Sample, samplePhotos, sampleStyles } from "../../pictures/samples";

/** Settings of an exhibition; docs/kiosk.md describes the address that holds them. */
export interface KioskOptions {
  photos: readonly Sample[];
  styles: readonly Sample[];
  /** Longer side, px; null leaves it to the server. */
  size: number | null;
  steps: number;
  /** How long a finished painting is shown, s. */
  seconds: number;
  /** Time without a touch after which a visitor counts as gone, s. */
  idle: number;
  /** Whether visitors can be painted. */
  camera: boolean;
  /** Whether paintings stay in the gallery. */
  keep: boolean;
}

const seconds = { min: 1, max: 3600 };

/** The options in an address; missing or invalid ones take their defaults. `maxSize` is the server's, px, once it is known. */
export function kioskOptions(query: URLSearchParams, maxSize: number | null = null): KioskOptions {
  const { size, steps } = styleTransferSettings;
  return {
    photos: pictures(query.get("photos"), samplePhotos),
    styles: pictures(query.get("styles"), sampleStyles),
    size: number(query.get("size"), { ...size, max: Math.min(size.max, maxSize ?? size.max) }, null),
    steps: number(query.get("steps"), steps, 150),
    seconds: number(query.get("seconds"), seconds, 15),
    idle: number(query.get("idle"), seconds, 45),
    camera: query.get("camera") !== "0",
    keep: query.get("keep") === "1",
  };
}

/** Reads names of samples or paths of stored pictures (/images/<id>), separated by commas. */
function pictures(text: string | null, samples: readonly Sample[]): readonly Sample[] {
  const found = (text ?? "").split(",").flatMap((name) => {
    const sample = samples.find(({ url }) => url.replace(/^.*\/|\.[a-z]+$/g, "") === name);
    if (sample) return [sample];
    return /^\/images\/[A-Za-z0-9-]+$/.test(name) ? [{ url: name, title: "" }] : [];
  });
  return found.length > 0 ? found : samples;
}

function number<Usual extends number | null>(text: string | null, { min, max }: Pick<NumberRange, "min" | "max">, usual: Usual) {
  const value = text === null || text.trim() === "" ? Number.NaN : Number(text);
  return Number.isInteger(value) && value >= min && value <= max ? value : usual;
}

/** The pair at a place in the loop. Every photo meets every style before a pair repeats, and both change each time. */
export function pairAt<Photo, Style>(photos: readonly Photo[], styles: readonly Style[], place: number): { photo: Photo; style: Style } {
  const round = Math.floor(place / lcm(photos.length, styles.length));
  const photo = photos[place % photos.length];
  const style = styles[(place + round) % styles.length];
  if (photo === undefined || style === undefined) throw new Error("The loop has no pictures.");
  return { photo, style };
}

function lcm(a: number, b: number): number {
  return (a * b) / gcd(a, b);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
