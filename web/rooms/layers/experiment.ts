import { styleTransferSettings } from "../../../server/records/settings";
import type { StartPaintingInput } from "../../session/recipe";
import { isOver } from "../../session/session-state";
import { lastStep, type Run } from "../../side-by-side/runs";
import { layersTexts as texts } from "../../texts/layers";
import { layerWeightTexts } from "../../texts/layers-in-words";

/** Names of the style layers, shallow to deep. */
export const styleLayerNames: readonly string[] = styleTransferSettings.styleLayers.default.map(({ layer }) => layer);

/** The share of all steps of some paintings that is done, from 0 to 1; one that has ended counts as done. */
export function shareDone(runs: readonly Pick<Run, "session" | "frames">[]): number {
  const shares = runs.map(({ session, frames }) => {
    if (!session) return 0;
    if (isOver(session.status)) return 1;
    return Math.max(0, lastStep({ frames })) / session.settings.steps;
  });
  return shares.length === 0 ? 0 : shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

interface Setup {
  contentId: string;
  styleId: string;
  names: { photo: string; style: string };
  size: number;
  steps: number;
  /** Id of the network; null leaves it to the server. */
  model: string | null;
}

/**
 * The inputs of the experiment: one painting for each style layer, with that layer alone. The others have weight 0, so
 * that their distances are still measured. A single scale makes the distances comparable over all steps.
 */
export function experimentInputs({ contentId, styleId, names, size, steps, model }: Setup): StartPaintingInput[] {
  return styleLayerNames.map((only) => ({
    contentId,
    styles: [{ imageId: styleId, weight: 1 }],
    title: texts.sessionTitle(layerWeightTexts.plain(only), names.photo, names.style),
    size,
    steps,
    model,
    scales: 1,
    seed: 1,
    styleLayers: styleLayerNames.map((layer) => ({ layer, weight: layer === only ? 1 : 0 })),
  }));
}
