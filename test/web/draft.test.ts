import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { defaultSettings } from "../../server/records/settings";
import { type Draft, draftFromText, draftLike, keepDraft, oneStyle, readDraft } from "../../web/session/draft";

const own = (id: string) => ({ url: `/images/${id}`, title: `Picture ${id}`, imageId: id });

const draft: Draft = {
  photo: { own: [own("a"), own("b")], url: "/images/a" },
  style: { own: [], url: "/samples/breakers.jpg" },
  recipe: { beta: 70, size: 512 },
  mix: { share: 2, others: [{ image: { id: "c", url: "/images/c" }, weight: 0.5 }] },
};

let store: Map<string, string>;
beforeEach(() => {
  store = new Map();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => store.get(key) ?? null,
    setItem: (key: string, value: string) => store.set(key, value),
    removeItem: (key: string) => store.delete(key),
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

test("a draft is read as it was kept, until it is forgotten", () => {
  expect(readDraft()).toBeNull();
  keepDraft(draft);
  expect(readDraft()).toEqual(draft);
  keepDraft(null);
  expect(readDraft()).toBeNull();
});

test("a browser that keeps nothing is no error", () => {
  const refuse = () => {
    throw new DOMException("denied", "SecurityError");
  };
  vi.stubGlobal("localStorage", { getItem: refuse, setItem: refuse, removeItem: refuse });
  keepDraft(draft);
  expect(readDraft()).toBeNull();
});

test("settings that are not allowed, and pictures from elsewhere, are left out", () => {
  const foreign = { ...own("x"), url: "https://elsewhere.example/x.png" };
  const text = JSON.stringify({
    photo: { own: [own("a"), foreign, null, { url: "/images/q" }], url: 7 },
    style: "none",
    recipe: { beta: 70, size: 1e6, steps: "many", optimizer: "SGD", unknown: 1 },
    mix: {
      share: -1,
      others: [
        { image: foreign, weight: 1 },
        { image: { id: "c", url: "/images/c" }, weight: 1 },
      ],
    },
  });
  expect(draftFromText(text)).toEqual({
    photo: { own: [own("a")], url: "" },
    style: { own: [], url: "" },
    recipe: { beta: 70 },
    mix: { share: 1, others: [{ image: { id: "c", url: "/images/c" }, weight: 1 }] },
  });
});

test.each(["", "{", "null", "[]", "3"])("text that is no draft is as good as none: %s", (text) => {
  expect(draftFromText(text) ?? draftFromText("{}")).toEqual({
    photo: { own: [], url: "" },
    style: { own: [], url: "" },
    recipe: {},
    mix: oneStyle,
  });
});

test("the newest pictures are kept, and the chosen one", () => {
  const many = { ...draft, photo: { own: Array.from({ length: 40 }, (_, i) => own(String(i))), url: "/images/30" } };
  const ids = draftFromText(JSON.stringify(many))?.photo.own.map(({ imageId }) => imageId);
  expect(ids).toEqual(["0", "1", "2", "3", "4", "5", "30"]);
});

test("a new painting from another one begins with its pictures, settings and mix", () => {
  const image = (id: string) => ({ id, url: `/images/${id}`, width: 64, height: 64 });
  const settings = { ...defaultSettings({ size: 128 }), beta: 33, model: "vgg19-lite" };
  const styles = [
    { image: image("s"), weight: 0.8 },
    { image: image("t"), weight: 0.2 },
  ];
  const asked = { title: "Alps, Breakers", content: image("c"), settings, initialSettings: settings, styles, changes: [] };
  const painting = asked as unknown as Parameters<typeof draftLike>[0];
  const made = draftLike(painting, draft);
  expect(made.photo).toMatchObject({ url: "/images/c", own: [{ imageId: "c", title: "Alps" }, own("a"), own("b")] });
  expect(made.style).toMatchObject({ url: "/images/s", own: [{ imageId: "s", title: "Breakers" }] });
  expect(draftLike({ ...painting, title: "Over the pass" }).photo.own).toMatchObject([{ title: "Picture on this server" }]);
  expect(made.recipe).toMatchObject({ beta: 33, size: 128, model: "vgg19-lite" });
  const changes = [{ steps: 60 }, { beta: 33 }, { size: 1024, steps: 120 }, { steps: 300 }];
  const grown = { ...asked, settings: { ...settings, size: 1024, steps: 300 }, changes } as unknown as typeof painting;
  expect(draftLike(grown).recipe).toEqual({ ...made.recipe, steps: 60 });
  expect(made.mix).toMatchObject({ share: 0.8, others: [{ image: { id: "t" }, weight: 0.2 }] });
  expect(draftFromText(JSON.stringify(made))).toEqual(made);
});
