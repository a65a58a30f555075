import { currentModelId } from "../../server/records/model";
import type { Network } from "../graphql/operations";
import { unitTexts as units } from "../texts/units";

/** The list with one network updated, or without it when it was removed. */
export function withNetwork(networks: readonly Network[] | null, changed: Network): readonly Network[] {
  if (changed.removed) return networks?.filter(({ id }) => id !== changed.id) ?? [];
  if (!networks?.some(({ id }) => id === changed.id)) return [...(networks ?? []), changed];
  return networks.map((network) => (network.id === changed.id ? changed : network));
}

/** The network that an id in an address or a trace names, which may be as old as the network's former id; null for none. */
export function networkNamed(networks: readonly Network[] | null, id: string | null): Network | null {
  if (!networks || id === null) return null;
  const ids = networks.map((network) => network.id);
  return networks[ids.indexOf(currentModelId(ids, id))] ?? null;
}

/** Networks for a task; null until they are loaded. */
export function forTask(networks: readonly Network[] | null, task: Network["task"]): readonly Network[] | null {
  return networks?.filter((network) => network.task === task) ?? null;
}

/** The feature network that the server uses for sessions that name none. */
export function usualModel(features: readonly Network[]): Network | null {
  return features.find(({ isDefault }) => isDefault) ?? null;
}

/** Whether a translator takes a drawing, such as lines or a label map, instead of a photo. */
export function takesDrawings({ takes }: Pick<Network, "takes">): boolean {
  return takes === "LINE_DRAWING" || takes === "LABEL_MAP";
}

/** The title without the explanation that follows a colon or stands in brackets. */
export function shortTitle(title: string): string {
  return title.split(/:\s|\s\(/)[0] ?? title;
}

/** The explanation after the short title; empty if there is none. */
export function explanation(title: string): string {
  const rest = title.slice(shortTitle(title).length);
  return rest.replace(/^[:\s(]+/, "").replace(/\)$/, "");
}

/** Formats 12,345,678 as "12.3 MB", and 0, which stands for an unknown size, as nothing. */
export function formatBytes(bytes: number): string {
  if (bytes === 0) return "";
  if (bytes < 1e6) return units.kilobytes(Math.max(1, Math.round(bytes / 1e3)));
  return units.megabytes((bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0));
}
