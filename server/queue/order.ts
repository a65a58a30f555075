import type { QueueEntry, QueueLine } from "../records/queue.js";

/** What an owner would get next, and its rank: the lowest is first, compared number by number. */
interface Head {
  entry: QueueEntry;
  rank: number[];
}

/**
 * The sessions that may be claimed now, the next one first, as if each of them went on running. `waiting` is in the order
 * of arrival. Those that must wait until something is released are left out.
 */
export function* claimOrder({ waiting, running, served }: QueueLine): Generator<QueueEntry> {
  const counts = new Map<string, number>();
  const countOf = (entry: QueueEntry) => counts.get(kindOf(entry)) ?? 0;
  const count = (entry: QueueEntry) => counts.set(kindOf(entry), countOf(entry) + 1);
  for (const entry of running.values()) count(entry);

  const lines = new Map<string, { entry: QueueEntry; place: number }[]>();
  for (const [place, entry] of waiting.entries()) {
    if (running.has(entry.sessionId)) continue;
    const line = lines.get(entry.ownerId) ?? [];
    line.push({ entry, place });
    lines.set(entry.ownerId, line);
  }

  // Those that had their turn already go first; the others stay in their order.
  for (const line of lines.values()) line.sort((a, b) => Number(b.entry.interrupted ?? false) - Number(a.entry.interrupted ?? false));

  const heads = new Map<string, Head>();
  /** Finds what an owner would get next; `turn` is when they were served in this order, 0 for never. */
  const advance = (ownerId: string, turn: number) => {
    const line = lines.get(ownerId) ?? [];
    while (line[0] && countOf(line[0].entry) >= (line[0].entry.ownerLimit ?? Number.POSITIVE_INFINITY)) line.shift();
    const next = line.shift();
    if (!next) return heads.delete(ownerId);
    const { entry, place } = next;
    return heads.set(ownerId, { entry, rank: [entry.interrupted ? 0 : 1, countOf(entry), turn, served.get(ownerId) ?? 0, place] });
  };
  for (const ownerId of lines.keys()) advance(ownerId, 0);

  for (let turn = 1; heads.size > 0; turn++) {
    const { entry } = [...heads.values()].reduce((first, head) => (comesBefore(head.rank, first.rank) ? head : first));
    count(entry);
    advance(entry.ownerId, turn);
    yield entry;
  }
}

/** All that wait, in the order in which they will be claimed as far as that is known. */
export function wholeOrder(line: QueueLine): QueueEntry[] {
  const ready = new Set(claimOrder(line));
  return [...ready, ...line.waiting.filter((entry) => !ready.has(entry))];
}

/**
 * The waiting sessions of one owner in their new order, when one of them is moved as near as it can to `position` of all;
 * null when it does not wait.
 */
export function movedAmongOwn(line: QueueLine, sessionId: string, position: number): QueueEntry[] | null {
  const moved = line.waiting.find((entry) => entry.sessionId === sessionId);
  if (!moved) return null;
  const isOther = (entry: QueueEntry) => entry.ownerId === moved.ownerId && entry !== moved;
  const own = line.waiting.filter(isOther);
  const follower = wholeOrder(line)
    .filter((entry) => entry !== moved)
    .slice(Math.max(0, position - 1))
    .find(isOther);
  own.splice(follower ? own.indexOf(follower) : own.length, 0, moved);
  return own;
}

function comesBefore(rank: readonly number[], other: readonly number[]): boolean {
  const index = rank.findIndex((value, place) => value !== other[place]);
  return index >= 0 && (rank[index] ?? 0) < (other[index] ?? 0);
}

/** An owner and a kind of session. */
function kindOf({ kind, ownerId }: QueueEntry): string {
  return `${kind} ${ownerId}`;
}
