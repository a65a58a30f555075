/** What is selected of a list. */
export interface Selection {
  ids: ReadonlySet<string>;
  /** The one that was touched last: with Shift a range begins there. */
  anchor: string | null;
}

export const nothingSelected: Selection = { ids: new Set(), anchor: null };

/** The selection after one was touched; with `range` all from the anchor to it become as it becomes. */
export function toggled({ ids, anchor }: Selection, id: string, range: boolean, order: readonly string[]): Selection {
  const on = !ids.has(id);
  const from = anchor === null ? -1 : order.indexOf(anchor);
  const to = order.indexOf(id);
  const touched = range && from >= 0 && to >= 0 ? order.slice(Math.min(from, to), Math.max(from, to) + 1) : [id];
  const next = new Set(ids);
  for (const one of touched) {
    if (on) next.add(one);
    else next.delete(one);
  }
  return { ids: next, anchor: id };
}

/** Without what does not hang here any more. */
export function stillThere(selection: Selection, order: readonly string[]): Selection {
  const left = [...selection.ids].filter((id) => order.includes(id));
  return left.length === selection.ids.size ? selection : { ...selection, ids: new Set(left) };
}
