import type { Card } from "../../graphql/operations";
import { onlyLayer } from "../../session/only-layer";

/** Cards that belong together: a painting with its branches, or the paintings of one experiment. Others are stacks of one. */
export interface Stack {
  /** In the order of the gallery, the one that represents the stack first: the first starred one, else the first. */
  cards: readonly [Card, ...Card[]];
}

/** Cards as stacks, each at the place of its first card. Members on pages that are not loaded yet join theirs later. */
export function stacksOf(cards: readonly Card[]): Stack[] {
  const known = new Map(cards.map((card) => [card.id, card]));
  const stacks = new Map<string, [Card, ...Card[]]>();
  for (const card of cards) {
    const ancestor = ancestorOf(card, known);
    const key = experimentOf(known.get(ancestor)) ?? ancestor;
    const stack = stacks.get(key);
    if (stack) stack.push(card);
    else stacks.set(key, [card]);
  }
  return [...stacks.values()].map((members) => {
    const [first] = members;
    const cover = members.find(({ starred }) => starred) ?? first;
    return { cards: [cover, ...members.filter((card) => card !== cover)] };
  });
}

/** Id of a card's oldest known ancestor, which may have no card itself; its own id without ancestors. */
function ancestorOf(card: Card, known: ReadonlyMap<string, Card>): string {
  const parent = card.__typename === "StyleTransferSession" ? card.parent : null;
  if (!parent) return card.id;
  const next = known.get(parent.id);
  return next ? ancestorOf(next, known) : parent.id;
}

/** What the paintings of an experiment with layers have in common; null for a card of none. */
function experimentOf(card: Card | undefined): string | null {
  if (card?.__typename !== "StyleTransferSession" || onlyLayer(card.settings.styleLayers) === null) return null;
  return ["layers", card.content.id, ...card.styles.map(({ image }) => image.id)].join();
}
