import { expect, test } from "vitest";
import type { Card } from "../../web/graphql/operations";
import { stacksOf } from "../../web/rooms/gallery/stacks";

function painting(id: string, parent: string | null = null, starred = false): Card {
  const settings = { size: 64, styleLayers: ["a", "b"].map((layer) => ({ layer, weight: 1 })) };
  const family = parent === null ? null : { id: parent };
  return {
    __typename: "StyleTransferSession",
    id,
    parent: family,
    starred,
    settings,
    content: { id: "photo" },
    styles: [],
  } as unknown as Card;
}

/** A painting of an experiment with one layer alone. */
function ofLayer(id: string, layer: string, style = "style"): Card {
  const styleLayers = ["a", "b"].map((one) => ({ layer: one, weight: one === layer ? 1 : 0 }));
  return { ...painting(id), settings: { size: 64, styleLayers }, styles: [{ image: { id: style } }] } as Card;
}

const shape = (cards: Card[]) => stacksOf(cards).map((stack) => stack.cards.map(({ id }) => id).join(""));

test("a painting and its branches of every generation are one stack, at the place of its newest member", () => {
  expect(shape([painting("c", "b"), painting("x"), painting("b", "a"), painting("a")])).toEqual(["cba", "x"]);
});

test("branches of a painting that is not loaded belong together", () => {
  expect(shape([painting("b", "a"), painting("x"), painting("c", "a")])).toEqual(["bc", "x"]);
});

test("a starred member represents its stack", () => {
  expect(shape([painting("c", "a"), painting("b", "a", true), painting("a", null, true)])).toEqual(["bca"]);
});

test("a translation is a stack of its own", () => {
  expect(shape([{ __typename: "TranslationSession", id: "t" } as Card, painting("a")])).toEqual(["t", "a"]);
});

test("the paintings of an experiment with layers are one stack, with their branches", () => {
  expect(shape([painting("d", "b"), ofLayer("b", "b"), painting("x"), ofLayer("a", "a"), ofLayer("o", "a", "other")])).toEqual([
    "dba",
    "x",
    "o",
  ]);
});
