import type { Card } from "../../graphql/operations";

/** Cards of one family: a painting with its branches. A card without a family is a stack of one. */
export interface Stack {
  /** In the order of the gallery, the one that represents the stack first: the first starred one, else the first. */
  cards: readonly [Card, ...Card[]];
}

/** Cards as stacks, each at the place of its first card. Members on pages that are not loaded yet join theirs later. */
export function stacksOf(cards: readonly Card[]): Stack[] {
  const known = new Map(cards.map((card) => [card.id, card]));
  const stacks = new Map<string, [Card, ...Card[]]>();
  for (const card of cards) {
    const key = ancestorOf(card, known);
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
