import { expect, test } from "vitest";
import type { Network } from "../../web/graphql/operations";
import { explanation, formatBytes, networkNamed, shortTitle, takesDrawings, usualModel, withNetwork } from "../../web/networks/networks";

function network(id: string, changes: Partial<Network> = {}): Network {
  return {
    id,
    title: id,
    task: "FEATURES",
    family: "VGG",
    parameters: 0,
    source: "",
    state: "READY",
    size: 224,
    minSize: null,
    takes: null,
    bytes: 1,
    licence: "",
    downloadProgress: null,
    failure: null,
    willRetry: false,
    downloadable: false,
    removed: false,
    isDefault: false,
    preview: null,
    sheet: null,
    ...changes,
  };
}

test("a new painting uses the default network of the server", () => {
  const usual = network("vgg19-lite", { isDefault: true });
  expect(usualModel([network("vgg19", { state: "FAILED" }), usual, network("other")])).toBe(usual);
  expect(usualModel([network("vgg19", { state: "AVAILABLE" })])).toBeNull();
});

test("a removed network leaves the list", () => {
  const [kept, gone] = [network("kept"), network("gone")];
  expect(withNetwork([kept, gone], { ...gone, removed: true })).toEqual([kept]);
  expect(withNetwork(null, { ...gone, removed: true })).toEqual([]);
});

test("a changed network stays in its place, and a new network comes last", () => {
  const known = [network("a"), network("b", { state: "DOWNLOADING", downloadProgress: 0.5 })];
  const changed = withNetwork(known, network("b"));
  expect(changed.map(({ id, state }) => `${id} ${state}`)).toEqual(["a READY", "b READY"]);
  expect(withNetwork(changed, network("c")).map(({ id }) => id)).toEqual(["a", "b", "c"]);
});

test("a link from the time when ids had no underscores finds its network", () => {
  const [first, second] = [network("a_b"), network("c_d")];
  const exact = network("c-d");
  expect([networkNamed([first], "a_b"), networkNamed([first], "a-b")]).toEqual([first, first]);
  expect([networkNamed([second, exact], "c-d"), networkNamed([second, exact], "c_d")]).toEqual([exact, second]);
  expect([networkNamed([first], "other"), networkNamed([first], null), networkNamed(null, "a_b")]).toEqual([null, null, null]);
});

test("a title splits into a short name and an explanation", () => {
  for (const [title, name, rest] of [
    ["Edges to cats (pix2pix)", "Edges to cats", "pix2pix"],
    ["VGG-19 lite: features, distilled from VGG-19", "VGG-19 lite", "features, distilled from VGG-19"],
    ["Plain", "Plain", ""],
  ] as const) {
    expect([shortTitle(title), explanation(title)]).toEqual([name, rest]);
  }
});

test("file sizes are short", () => {
  expect([400, 356_867, 1_489_022, 548_051_000].map(formatBytes)).toEqual(["1 kB", "357 kB", "1.5 MB", "548 MB"]);
});

test("networks for lines or labels need drawings, and all others take photos", () => {
  const taken = (["PHOTO", "LINE_DRAWING", "LABEL_MAP", null] as const).map((takes) => takesDrawings(network("any", { takes })));
  expect(taken).toEqual([false, true, true, false]);
});
