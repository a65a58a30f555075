/** The selected items of a list. */
export interface Selection {
  ids: ReadonlySet<string>;
  /** The item that was clicked last, where a range with Shift begins. */
  anchor: string | null;
}

export const nothingSelected: Selection = { ids: new Set(), anchor: null };

/** Exactly these items. */
export function selected(ids: readonly string[]): Selection {
  return { ids: new Set(ids), anchor: null };
}

/**
 * The selection after a click; with `range`, all items from the anchor to this one take its new state, and so do those that
 * they stand for.
 */
export function toggled(
  { ids, anchor }: Selection,
  id: string,
  range: boolean,
  order: readonly string[],
  standsFor: (id: string) => readonly string[] = () => [],
): Selection {
  const on = !ids.has(id);
  const from = anchor === null ? -1 : order.indexOf(anchor);
  const to = order.indexOf(id);
  const touched = range && from >= 0 && to >= 0 ? order.slice(Math.min(from, to), Math.max(from, to) + 1) : [id];
  const next = new Set(ids);
  for (const one of touched.flatMap((touchedId) => [touchedId, ...standsFor(touchedId)])) {
    if (on) next.add(one);
    else next.delete(one);
  }
  return { ids: next, anchor: id };
}

/** The selection without items that are no longer listed. */
export function stillThere(selection: Selection, order: readonly string[]): Selection {
  const left = [...selection.ids].filter((id) => order.includes(id));
  return left.length === selection.ids.size ? selection : { ...selection, ids: new Set(left) };
}
