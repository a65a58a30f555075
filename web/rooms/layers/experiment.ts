import { styleTransferDefaults } from "../../../server/records/settings";
import type { StyleTransferInput } from "../../session/recipe";
import { layersTexts as texts } from "../../texts/layers";
import { layerTexts } from "../../texts/layers-in-words";

/** The layers that the style is taken from, shallow to deep. */
export const styleLayerNames: readonly string[] = styleTransferDefaults.styleLayers.map(({ layer }) => layer);

interface Setup {
  contentId: string;
  styleId: string;
  names: { photo: string; style: string };
  size: number;
  steps: number;
}

/**
 * The inputs of the experiment: one painting for each style layer, with that layer alone. The others have weight 0, so that
 * their distances are measured all the same. One scale, so that the measure stays the same over all steps.
 */
export function experimentInputs({ contentId, styleId, names, size, steps }: Setup): StyleTransferInput[] {
  return styleLayerNames.map((only) => ({
    contentId,
    styles: [{ imageId: styleId, weight: 1 }],
    title: texts.sessionTitle(layerTexts.plain(only), names.photo, names.style),
    size,
    steps,
    scales: 1,
    seed: 1,
    styleLayers: styleLayerNames.map((layer) => ({ layer, weight: layer === only ? 1 : 0 })),
  }));
}

/** The layer that a painting is painted after alone; null where there are several. */
export function onlyLayer(layers: readonly { layer: string; weight: number }[]): string | null {
  const used = layers.filter(({ weight }) => weight > 0);
  return used.length === 1 ? (used[0]?.layer ?? null) : null;
}
