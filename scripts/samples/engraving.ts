import { layeredNoise, mix, smoothstep } from "./noise.js";
import { blend, hex, Sheet, shade } from "./sheet.js";

const paper = hex("#efe3c8");
const ink = hex("#231a17");
const rust = hex("#b4532a");
const teal = hex("#2f6f73");

/**
 * An engraving in ink and two tints: lines that widen with the tone and follow the form, cross-hatched in the shadows.
 */
export function engraving(seed: number): Sheet {
  const sheet = new Sheet(paper);
  const form = layeredNoise(seed, 3);
  const tint = layeredNoise(seed + 1, 2);
  const hand = layeredNoise(seed + 2, 3);
  const fibres = layeredNoise(seed + 3, 4);
  sheet.fill((x, y) => {
    const height = form(x * 3.1, y * 3.1);
    const slopeX = form(x * 3.1 + 0.03, y * 3.1) - height;
    const slopeY = form(x * 3.1, y * 3.1 + 0.03) - height;
    const tone = Math.min(1, Math.max(0, 0.5 + 5.5 * (slopeX * 0.7 + slopeY * 0.7) - 0.32 * height));
    const wobble = 0.003 * hand(x * 24, y * 24);

    const along = hatch((x * 0.42 + y) * 96 + height * 17 + wobble * 300, mix(0.16, 0.86, tone));
    const across = hatch((x - y * 0.5) * 96 - height * 15 + wobble * 300, smoothstep(0.42, 1, tone) * 0.72);
    const third = hatch((x * 1.1 + y * 0.12) * 110 + height * 10, smoothstep(0.7, 1, tone) * 0.55);
    const covered = Math.max(along, across, third);

    const warmth = tint(x * 2.3 + 5, y * 2.3);
    const wash =
      warmth > 0 ? blend(paper, rust, smoothstep(0.02, 0.3, warmth) * 0.78) : blend(paper, teal, smoothstep(0.02, 0.3, -warmth) * 0.78);
    const lit = blend(wash, paper, smoothstep(0.35, 0.05, tone) * 0.8);
    return blend(shade(lit, 0.035 * fibres(x * 140, y * 140)), ink, covered * (0.9 + 0.1 * fibres(x * 60, y * 60)));
  });
  return sheet;
}

/** Coverage of a line at `phase`, 0..1, where the line fills `share` of its pitch. */
function hatch(phase: number, share: number): number {
  const within = Math.abs(phase - Math.round(phase)) * 2;
  return smoothstep(share + 0.12, share - 0.12, within) * smoothstep(0.02, 0.1, share);
}
