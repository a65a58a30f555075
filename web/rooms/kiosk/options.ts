import { lifetime, type NumberRange, styleTransferSettings } from "../../../server/records/settings";
import { type Sample, samplePhotos, sampleStyles } from "../../pictures/samples";
import { kioskTexts, type Language } from "../../texts/kiosk/languages";
import { languageNamed } from "./language";

/** What an exhibition shows and how; docs/kiosk.md describes the address that holds it. */
export interface KioskSetUp {
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
  /** How long a visitor's link to the painting lasts, hours; 0 offers none. */
  hours: number;
  /** Address under which phones reach the server, such as https://museum.example; null for that of the kiosk's page. */
  phones: string | null;
  /** Null leaves it to the browser. */
  language: Language | null;
}

/** A set-up in one language, which its pictures' titles have too. */
export interface KioskOptions extends KioskSetUp {
  language: Language;
}

/** Limits of the numbers in an address that are not settings of the painting, s. */
export const kioskSeconds = { min: 1, max: 3600 };

/** Limits of how long a visitor's link lasts, hours. */
export const kioskHours = { min: 0, max: lifetime.max / 3600 };

/** The set-up in an empty address. */
export const usualSetUp: KioskSetUp = {
  photos: samplePhotos,
  styles: sampleStyles,
  size: null,
  steps: 150,
  seconds: 15,
  idle: 45,
  camera: true,
  keep: false,
  hours: 24,
  phones: null,
  language: null,
};

/** The set-up in an address; missing or invalid values take their defaults. `maxSize` is the server's, px, once it is known. */
export function kioskSetUp(query: URLSearchParams, maxSize: number | null = null): KioskSetUp {
  const { size, steps } = styleTransferSettings;
  const usual = usualSetUp;
  return {
    photos: pictures(query.get("photos"), usual.photos),
    styles: pictures(query.get("styles"), usual.styles),
    size: number(query.get("size"), { ...size, max: Math.min(size.max, maxSize ?? size.max) }, usual.size),
    steps: number(query.get("steps"), steps, usual.steps),
    seconds: number(query.get("seconds"), kioskSeconds, usual.seconds),
    idle: number(query.get("idle"), kioskSeconds, usual.idle),
    camera: query.get("camera") !== "0",
    keep: query.get("keep") === "1",
    hours: number(query.get("hours"), kioskHours, usual.hours),
    phones: originIn(query.get("phones")),
    language: languageNamed(query.get("lang")),
  };
}

/** The query of an address that holds a set-up, as `kioskSetUp` reads it: only what differs from the defaults, "" for none. */
export function kioskQuery(setUp: KioskSetUp): string {
  const usual = usualSetUp;
  const { photos, styles, size, steps, seconds, idle, camera, keep, hours, phones, language } = setUp;
  const parts = [
    ["photos", names(photos), names(usual.photos)],
    ["styles", names(styles), names(usual.styles)],
    ["size", size, usual.size],
    ["steps", steps, usual.steps],
    ["seconds", seconds, usual.seconds],
    ["idle", idle, usual.idle],
    ["camera", camera ? 1 : 0, usual.camera ? 1 : 0],
    ["keep", keep ? 1 : 0, usual.keep ? 1 : 0],
    ["hours", hours, usual.hours],
    ["phones", phones, usual.phones],
    ["lang", language, usual.language],
  ] as const;
  // None of the values has a character that an address would escape.
  return parts
    .flatMap(([name, value, normal]) => (value === normal || value === null || value === "" ? [] : [`${name}=${value}`]))
    .join("&");
}

/** The origin of a web address; null for what is none. */
export function originIn(text: string | null): string | null {
  if (text === null || !/^https?:\/\//i.test(text)) return null;
  try {
    return new URL(text).origin;
  } catch {
    // It is no address.
    return null;
  }
}

/** Whether a host is this machine's own, which no phone can reach. */
export function isThisMachine(host: string): boolean {
  return /^(localhost|127\.|\[::1\])/.test(host);
}

/** A set-up in a language. */
export function kioskOptions(setUp: KioskSetUp, language: Language): KioskOptions {
  const titles: Readonly<Record<string, string>> = kioskTexts[language].titles;
  const translated = (sample: Sample) => ({ ...sample, title: titles[sample.url.replace(/^.*\//, "")] ?? sample.title });
  return { ...setUp, photos: setUp.photos.map(translated), styles: setUp.styles.map(translated), language };
}

/** Whether a picture is one that was uploaded, not a sample. */
export function isOwn({ url }: Sample): boolean {
  return OWN.test(url);
}

const OWN = /^\/images\/[A-Za-z0-9-]+$/;

/** Reads names of samples or paths of stored pictures (/images/<id>), separated by commas. Each counts once. */
function pictures(text: string | null, samples: readonly Sample[]): readonly Sample[] {
  const found = [...new Set((text ?? "").split(","))].flatMap((name) => {
    const sample = samples.find((one) => nameOf(one) === name);
    if (sample) return [sample];
    return OWN.test(name) ? [{ url: name, title: "" }] : [];
  });
  return found.length > 0 ? found : samples;
}

/** Pictures as `pictures` reads them. */
function names(chosen: readonly Sample[]): string {
  return chosen.map((one) => (isOwn(one) ? one.url : nameOf(one))).join(",");
}

/** Name of a sample: its file without its ending. */
function nameOf({ url }: Sample): string {
  return url.replace(/^.*\/|\.[a-z]+$/g, "");
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
