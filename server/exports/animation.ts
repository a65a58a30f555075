import { fileURLToPath } from "node:url";
import { nodeOptions, scriptFrom } from "../processes/script.js";
import type { FilmSettings } from "../records/film.js";
import type { Encoder } from "./encoder-process.js";
import { LAST_PICTURE_MS } from "./export.js";
import type { FilmPictures } from "./film-pictures.js";

/** What the encoding process is to make of the raw pictures on its standard input. */
export interface AnimationOrder {
  path: string;
  format: "WEBP" | "GIF";
  width: number;
  height: number;
  /** How long a picture is shown, ms. */
  delayMs: number;
  /** How long the last picture is shown, ms. */
  lastDelayMs: number;
}

const entry = scriptFrom(import.meta.url, "./animation-main");

/** The encoder of an animated WebP or GIF that repeats for ever: sharp in a process of its own. */
export function animationEncoder(
  path: string,
  { width, height }: FilmPictures,
  { framesPerSecond }: FilmSettings,
  format: AnimationOrder["format"],
): Encoder {
  const order: AnimationOrder = { path, format, width, height, delayMs: Math.round(1000 / framesPerSecond), lastDelayMs: LAST_PICTURE_MS };
  return { program: process.execPath, args: [...nodeOptions(entry), fileURLToPath(entry), JSON.stringify(order)], repeats: 0 };
}
