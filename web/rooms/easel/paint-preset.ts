import { DRAFT_MODEL, styleTransferSettings } from "../../../server/records/settings";
import { execute } from "../../graphql/execute";
import { BusyQuery, StartPainting, TemporaryPictureQuery } from "../../graphql/operations";
import { letGo } from "../../session/let-go";
import { type Recipe, toInput } from "../../session/recipe";
import type { Preset } from "./presets";

/** Longer side of a preset's picture, px. */
const SIZE = 96;
/** Share of a preset's weight of the style: on so small a picture, more of it makes all presets look alike. */
const STYLE_SHARE = 0.05;
/** Lifetime of a preset's painting, s. A server that needs longer for one is too slow for them. */
const LIFETIME_S = 90;
/** Time between two looks at a painting, and at a server that is busy, ms. */
const [LOOK_MS, BUSY_MS] = [200, 2000];

/** The pictures of a painting, by their ids on the server. */
export interface Pair {
  contentId: string;
  imageId: string;
}

/** A preset as it is painted small. */
export function smallRecipe({ recipe }: Pick<Preset, "recipe">): Recipe {
  const beta = (recipe.beta ?? styleTransferSettings.beta.default) * STYLE_SHARE;
  return { ...recipe, model: DRAFT_MODEL, size: SIZE, steps: 50, scales: 1, beta };
}

/** Resolves when the server has nothing else to do and the page is in view. @throws the reason that `signal` aborts with. */
export async function untilIdle(signal: AbortSignal): Promise<void> {
  for (;;) {
    const { server, queue } = await execute(BusyQuery, {}, signal);
    const isIdle = queue.length === 0 && server.devices.length > 0 && server.devices.every(({ sessionIds }) => sessionIds.length === 0);
    if (isIdle && !document.hidden) return;
    await pause(BUSY_MS, signal);
  }
}

/**
 * Paints the picture of a preset as a temporary session, which is in no list, and deletes it. Returns the picture as a data
 * URL; null if the server does not manage to paint it.
 * @throws ServerError, ConnectionError, and the reason that `signal` aborts with.
 */
export async function paintPreset(preset: Preset, { contentId, imageId }: Pair, signal: AbortSignal): Promise<string | null> {
  const input = { ...toInput(smallRecipe(preset), contentId, [{ imageId, weight: 1 }], preset.id), expiresIn: LIFETIME_S };
  // Not ended by the signal: without its id, the session could not be deleted.
  const { id } = (await execute(StartPainting, { input })).startStyleTransfer;
  const leave = () => void letGo(id);
  window.addEventListener("pagehide", leave);
  try {
    for (;;) {
      await pause(LOOK_MS, signal);
      const { session } = await execute(TemporaryPictureQuery, { id }, signal);
      if (session?.status === "COMPLETED" && session.latestFrame) return await dataUrl(session.latestFrame.url, signal);
      if (session?.status !== "QUEUED" && session?.status !== "RUNNING") return null;
    }
  } finally {
    window.removeEventListener("pagehide", leave);
    await letGo(id);
  }
}

async function dataUrl(url: string, signal: AbortSignal): Promise<string | null> {
  const response = await fetch(url, { signal });
  if (!response.ok) return null;
  const blob = await response.blob();
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => resolve(null);
    reader.readAsDataURL(blob);
  });
}

/** @throws the reason that `signal` aborts with. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}
