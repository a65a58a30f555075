/** A key that does something on the page that is shown. */
export interface Shortcut {
  /** As `KeyboardEvent.key` has it: "?", "p", " ". */
  key: string;
  /** What it does, for the help sheet. */
  title: string;
  /** Whether it is in force on every page. */
  everywhere: boolean;
  run(): void;
}

const STORED = "atelier.shortcuts";
let active: readonly Shortcut[] = [];
const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of listeners) listener();
}

/** Puts a shortcut in force; of two with one key the later counts. The answer takes it back. */
export function addShortcut(shortcut: Shortcut): () => void {
  active = [...active, shortcut];
  tell();
  return () => {
    active = active.filter((known) => known !== shortcut);
    tell();
  };
}

/** Those in force, in the order in which they came. */
export function activeShortcuts(): readonly Shortcut[] {
  return active;
}

/** Calls `listener` when shortcuts come or go, or are turned on or off; the answer ends it. */
export function onShortcuts(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Whether single keys do anything; somebody who dictates to the page turns them off (WCAG 2.1.4). */
export function shortcutsOn(): boolean {
  return localStorage.getItem(STORED) !== "off";
}

export function turnShortcuts(on: boolean): void {
  localStorage.setItem(STORED, on ? "on" : "off");
  tell();
}

/** What a key pressed in such a place does; null where it means something else there. */
export function shortcutFor(key: string, place: "free" | "button" | "field"): Shortcut | null {
  if (place === "field" || (place === "button" && (key === " " || key === "Enter"))) return null;
  return active.findLast((shortcut) => shortcut.key === key) ?? null;
}
