/** A key with an action on the current page. */
export interface Shortcut {
  /** A `KeyboardEvent.key`, such as "?", "p" or " ". */
  key: string;
  /** The action in words, for the help sheet. */
  title: string;
  /** Whether it works on every page. */
  everywhere: boolean;
  run(): void;
}

const STORED = "atelier.shortcuts";
let active: readonly Shortcut[] = [];
const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of listeners) listener();
}

/** Adds a shortcut; of two with the same key the later one wins. Returns a function that removes it. */
export function addShortcut(shortcut: Shortcut): () => void {
  active = [...active, shortcut];
  tell();
  return () => {
    active = active.filter((known) => known !== shortcut);
    tell();
  };
}

/** The active shortcuts, in the order in which they were added. */
export function activeShortcuts(): readonly Shortcut[] {
  return active;
}

/** Calls `listener` when shortcuts are added, removed, or turned on or off. Returns a function that stops it. */
export function onShortcuts(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Whether single keys are shortcuts; people who use speech input can turn them off (WCAG 2.1.4). */
export function shortcutsOn(): boolean {
  return localStorage.getItem(STORED) !== "off";
}

export function turnShortcuts(on: boolean): void {
  localStorage.setItem(STORED, on ? "on" : "off");
  tell();
}

/** The shortcut for a key pressed in such a place; null where the key has another meaning there. */
export function shortcutFor(key: string, place: "free" | "button" | "field"): Shortcut | null {
  if (place === "field" || (place === "button" && (key === " " || key === "Enter"))) return null;
  return active.findLast((shortcut) => shortcut.key === key) ?? null;
}
