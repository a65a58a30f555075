import { afterEach, describe, expect, test, vi } from "vitest";
import { activeShortcuts, addShortcut, onShortcuts, shortcutFor } from "../../web/shortcuts/active";

const added: (() => void)[] = [];

function add(key: string, title = key): void {
  added.push(addShortcut({ key, title, everywhere: false, run: () => undefined }));
}

afterEach(() => {
  for (const remove of added.splice(0)) remove();
});

describe("keyboard shortcuts", () => {
  test("are in force until they are taken back, and tell who listens", () => {
    const heard = vi.fn();
    const end = onShortcuts(heard);
    const remove = addShortcut({ key: "p", title: "Pause", everywhere: false, run: () => undefined });
    expect(activeShortcuts().map(({ title }) => title)).toEqual(["Pause"]);
    remove();
    expect(activeShortcuts()).toEqual([]);
    expect(heard).toHaveBeenCalledTimes(2);
    end();
    add("q");
    expect(heard).toHaveBeenCalledTimes(2);
  });

  test("of two with one key the later counts, and the first again when it is gone", () => {
    add("p", "Pause");
    const remove = addShortcut({ key: "p", title: "Paste", everywhere: false, run: () => undefined });
    expect(shortcutFor("p", "free")?.title).toBe("Paste");
    remove();
    expect(shortcutFor("p", "free")?.title).toBe("Pause");
  });

  test("leave fields their keys, and buttons what presses them", () => {
    add(" ", "Pause");
    add("?", "Help");
    expect(shortcutFor("?", "field")).toBeNull();
    expect(shortcutFor(" ", "button")).toBeNull();
    expect(shortcutFor("?", "button")?.title).toBe("Help");
    expect(shortcutFor(" ", "free")?.title).toBe("Pause");
    expect(shortcutFor("x", "free")).toBeNull();
  });
});
