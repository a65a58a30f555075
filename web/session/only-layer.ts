/** The only style layer that a painting uses, as each painting of the room "Layers" does; null if it uses several. */
export function onlyLayer(layers: readonly { layer: string; weight: number }[]): string | null {
  const used = layers.filter(({ weight }) => weight > 0);
  return used.length === 1 ? (used[0]?.layer ?? null) : null;
}
