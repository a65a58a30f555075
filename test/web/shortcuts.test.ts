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
  test("apply until they are removed, and notify listeners", () => {
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

  test("use the newest of two with the same key, and the older one after its removal", () => {
    add("p", "Pause");
    const remove = addShortcut({ key: "p", title: "Paste", everywhere: false, run: () => undefined });
    expect(shortcutFor("p", "free")?.title).toBe("Paste");
    remove();
    expect(shortcutFor("p", "free")?.title).toBe("Pause");
  });

  test("do not take keys from fields, nor the keys that press buttons", () => {
    add(" ", "Pause");
    add("?", "Help");
    expect(shortcutFor("?", "field")).toBeNull();
    expect(shortcutFor(" ", "button")).toBeNull();
    expect(shortcutFor("?", "button")?.title).toBe("Help");
    expect(shortcutFor(" ", "free")?.title).toBe("Pause");
    expect(shortcutFor("x", "free")).toBeNull();
  });
});
