import { type StyleTransferSettings, styleTransferSettings } from "../../server/records/settings";

/** Weights of content and style, whose ratio decides how much of each is seen. */
export type Weights = Pick<StyleTransferSettings, "alpha" | "beta">;

/** Positions of the slider; the usual ratio, 40, is in the middle. */
export const LAST_BALANCE = 60;
/** Ratio of beta to alpha at the right end; at the left end it is 1. */
const MOST = 1600;

/** The position of the slider, 0 to 60, for the weights. */
export function balanceOf({ alpha, beta }: Weights): number {
  if (alpha === 0) return LAST_BALANCE;
  const share = Math.log(Math.max(1, beta / alpha)) / Math.log(MOST);
  return Math.round(LAST_BALANCE * Math.min(1, share));
}

/** The weights at a position of the slider. */
export function weightsAt(position: number, alpha: number): Partial<Weights> {
  const weight = alpha === 0 ? 1 : alpha;
  const beta = Number((weight * MOST ** (position / LAST_BALANCE)).toPrecision(3));
  return { ...(alpha === 0 ? { alpha: weight } : {}), beta: Math.min(styleTransferSettings.beta.max, beta) };
}
