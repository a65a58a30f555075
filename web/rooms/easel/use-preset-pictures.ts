import { useEffect, useState } from "react";
import { type Option, temporaryIdOf } from "../../pictures/use-choice";
import { type Pair, paintPreset, untilIdle } from "./paint-preset";
import { keepPicture, type PresetPictures, pairKey, picturesOf } from "./preset-album";
import { presets, shownPair } from "./presets";

/** Time for which a choice must last before its presets are painted, ms: people try one picture after the other. */
const SETTLED_MS = 800;
/** Lifetime of a sample that is on the server for these pictures alone, and time after which it is sent again, s. */
const [SAMPLE_S, AGAIN_S] = [300, 240];

/**
 * The presets painted from the chosen photo and style, one after the other while the server has nothing else to do. Empty
 * at first, and for the pair that the shipped pictures show. Nothing is painted while `isPaused`.
 */
export function usePresetPictures(photo: Option, style: Option, isPaused: boolean): PresetPictures {
  const pair = pairKey(photo.url, style.url);
  const [painted, setPainted] = useState<{ pair: string; pictures: PresetPictures }>({ pair: "", pictures: {} });
  const { imageId: photoId } = photo;
  const { imageId: styleId } = style;

  useEffect(() => {
    if (pair === pairKey(shownPair.photo, shownPair.style)) return;
    const show = () => setPainted({ pair, pictures: picturesOf(pair) });
    show();
    if (isPaused) return;
    const ending = new AbortController();
    const [photoUrl = "", styleUrl = ""] = pair.split(" ");
    const pictures = { photo: { url: photoUrl, title: "", imageId: photoId }, style: { url: styleUrl, title: "", imageId: styleId } };
    // A preset that cannot be painted keeps its shipped picture.
    const timer = setTimeout(() => void paintMissing(pair, pictures, show, ending.signal).catch(() => undefined), SETTLED_MS);
    return () => {
      clearTimeout(timer);
      ending.abort();
    };
  }, [pair, photoId, styleId, isPaused]);

  return painted.pair === pair ? painted.pictures : {};
}

/** Paints what is missing of a pair; ends with the first preset that the server does not manage to paint. */
async function paintMissing(key: string, pictures: { photo: Option; style: Option }, show: () => void, signal: AbortSignal): Promise<void> {
  let sent: { pair: Pair; at: number } | null = null;
  for (const preset of presets) {
    if (picturesOf(key)[preset.id]) continue;
    await untilIdle(signal);
    if (!sent || performance.now() - sent.at > 1000 * AGAIN_S) {
      const [contentId, imageId] = await Promise.all([pictures.photo, pictures.style].map((one) => temporaryIdOf(one, SAMPLE_S)));
      sent = { pair: { contentId: contentId!, imageId: imageId! }, at: performance.now() };
    }
    signal.throwIfAborted();
    const picture = await paintPreset(preset, sent.pair, signal);
    if (picture === null) return;
    keepPicture(key, preset.id, picture);
    show();
  }
}
