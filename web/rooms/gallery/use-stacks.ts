import { useState } from "react";
import type { Card } from "../../graphql/operations";
import { stacksOf } from "./stacks";

/** What a card shows of its stack. */
export interface CardStack {
  /** Number of other cards in the stack; 0 for a card without a family, and for every card but the one that represents it. */
  others: number;
  open: boolean;
  /** Ids of the cards that a closed stack hides behind this one. */
  hidden: readonly string[];
  turn(): void;
}

/** The cards that are visible, with each family in a stack that can be opened. */
export function useStacks(cards: readonly Card[]): { visible: readonly Card[]; stackOf(card: Card): CardStack } {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const stacks = stacksOf(cards);
  const byCover = new Map(stacks.map((stack) => [stack.cards[0].id, stack]));

  function turn(key: string) {
    const next = new Set(opened);
    if (!next.delete(key)) next.add(key);
    setOpened(next);
  }

  return {
    visible: stacks.flatMap(({ key, cards: [cover, ...others] }) => (opened.has(key) ? [cover, ...others] : [cover])),
    stackOf({ id }) {
      const stack = byCover.get(id);
      const others = stack?.cards.slice(1) ?? [];
      const open = stack !== undefined && opened.has(stack.key);
      return { others: others.length, open, hidden: open ? [] : others.map((card) => card.id), turn: () => stack && turn(stack.key) };
    },
  };
}
