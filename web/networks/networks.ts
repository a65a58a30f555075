import type { Network } from "../graphql/operations";

/** The networks with one of them as it is now, or without it when it has gone. */
export function withNetwork(networks: readonly Network[] | null, changed: Network): readonly Network[] {
  if (changed.removed) return networks?.filter(({ id }) => id !== changed.id) ?? [];
  if (!networks?.some(({ id }) => id === changed.id)) return [...(networks ?? []), changed];
  return networks.map((network) => (network.id === changed.id ? changed : network));
}

/** Networks for a task; null while they are not known. */
export function forTask(networks: readonly Network[] | null, task: Network["task"]): readonly Network[] | null {
  return networks?.filter((network) => network.task === task) ?? null;
}

/** The feature network of a session that names none, as the server tells it. */
export function usualNetwork(features: readonly Network[]): Network | null {
  return features.find(({ isDefault }) => isDefault) ?? null;
}

/** Whether a translator wants something drawn, lines or areas that stand for things, in place of a photo. */
export function takesDrawings({ takes }: Pick<Network, "takes">): boolean {
  return takes === "LINE_DRAWING" || takes === "LABEL_MAP";
}

/** The name without what a card explains after a colon or in brackets. */
export function shortTitle(title: string): string {
  return title.split(/:\s|\s\(/)[0] ?? title;
}

/** What stands in the title after the short name; empty where that is all. */
export function explanation(title: string): string {
  const rest = title.slice(shortTitle(title).length);
  return rest.replace(/^[:\s(]+/, "").replace(/\)$/, "");
}

/** 12,345,678 as "12.3 MB"; nothing for 0, which stands for a file that is not known. */
export function formatBytes(bytes: number): string {
  if (bytes === 0) return "";
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;
}

export function formatShare(progress: number | null): string {
  return `${Math.floor((progress ?? 0) * 100)}%`;
}
