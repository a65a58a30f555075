/** What a session does on a device: some devices have no place left for a live translation and take others. */
export const workKinds = ["PAINTED", "LIVE"] as const;
export type WorkKind = (typeof workKinds)[number];

/** A session in the queue. */
export interface QueueEntry {
  sessionId: string;
  ownerId: string;
  kind: WorkKind;
  /** How many sessions of this kind may run for its owner; it waits while there are as many. Null for any number. */
  ownerLimit: number | null;
  /** The link by which its owner came, which limits how many sessions run; null for admins, and for owners who came by none. */
  linkId: string | null;
  /** Whether it ran when its server ended: it comes before all those that have not begun. */
  interrupted?: boolean;
}

/** The sessions that want to run or do, and who was served when. */
export interface QueueLine {
  /** In the order of arrival. */
  waiting: QueueEntry[];
  /** Claimed sessions that were not released, by id. */
  running: Map<string, QueueEntry>;
  /** When each owner was last served: a number that grows with every claim. */
  served: Map<string, number>;
}
