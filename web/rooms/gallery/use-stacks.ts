import { useState } from "react";
import type { Card } from "../../graphql/operations";
import { stacksOf } from "./stacks";

/** What a card shows of its stack. */
export interface CardStack {
  /** Number of other cards in the stack; 0 for a card without a family, and for every card but the one that represents it. */
  others: number;
  open: boolean;
  /** Whether it is a member of an open stack. */
  family: boolean;
  /** Ids of the cards that a closed stack hides behind this one. */
  hidden: readonly string[];
  turn(): void;
}

/** The cards that are visible, with each family in a stack that can be opened. */
export function useStacks(cards: readonly Card[]): { visible: readonly Card[]; stackOf(id: string): CardStack } {
  /** Members of the stacks that are open: an ancestor on the next page must not close one. */
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const stacks = stacksOf(cards).map(({ cards: members }) => ({ members, open: members.some(({ id }) => opened.has(id)) }));
  const byCover = new Map(stacks.map((stack) => [stack.members[0].id, stack]));
  const inFamily = new Set(stacks.flatMap(({ members, open }) => (open && members.length > 1 ? members.map(({ id }) => id) : [])));

  return {
    visible: stacks.flatMap(({ members, open }) => (open ? members : [members[0]])),
    stackOf(id) {
      const { members = [], open = false } = byCover.get(id) ?? {};
      const others = members.slice(1).map((card) => card.id);
      return {
        others: others.length,
        open,
        family: inFamily.has(id),
        hidden: open ? [] : others,
        turn: () => setOpened(open ? new Set([...opened].filter((one) => one !== id && !others.includes(one))) : new Set([...opened, id])),
      };
    },
  };
}
