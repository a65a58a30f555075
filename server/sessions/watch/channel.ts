import type { SessionEvent, SessionRecord } from "../../records/session.js";
import type { Mailbox } from "./mailbox.js";
import { SharedFrame } from "./shared-frame.js";

/** The viewers of one session at this server, and what has reached them. */
export class Channel {
  readonly mailboxes = new Set<Mailbox>();
  /** Resolves to the function that ends the one subscription to the bus that serves them all. */
  subscription: Promise<() => Promise<void>> = Promise.resolve(async () => undefined);
  /** The last step with losses; null before the first. */
  private lastStep: number | null = null;
  /** The newest change and step that were heard of, whether from the bus or from storage. */
  private known = { revision: Number.NEGATIVE_INFINITY, step: Number.NEGATIVE_INFINITY };
  private isSilent = true;

  /** Delivers an event of the bus. */
  deliver(event: SessionEvent): void {
    this.isSilent = false;
    if (event.type === "frame") this.deliverFrame(event);
    else if (event.type === "deleted") for (const mailbox of this.mailboxes) mailbox.offerDeleted();
    else {
      this.note(event.session);
      for (const mailbox of this.mailboxes) mailbox.offerChange(event.session);
    }
  }

  /** Notes a session that was read from storage for all viewers. */
  note({ revision, step }: Pick<SessionRecord, "revision" | "step">): void {
    this.known = { revision: Math.max(this.known.revision, revision), step: Math.max(this.known.step, step) };
  }

  /** Whether the session is further than what the viewers have heard of; null is a session that was deleted. */
  isBehind(session: Pick<SessionRecord, "revision" | "step"> | null): boolean {
    return session === null || session.revision > this.known.revision || session.step > this.known.step;
  }

  /** Whether the bus has sent nothing since the last call. */
  takeSilence(): boolean {
    const { isSilent } = this;
    this.isSilent = true;
    return isSilent;
  }

  private deliverFrame({ frame, picture }: Extract<SessionEvent, { type: "frame" }>): void {
    if (frame.losses) {
      // A host that dies, or whose connection is cut, stores a frame that it does not publish.
      if (this.lastStep !== null && frame.step > this.lastStep + 1) for (const mailbox of this.mailboxes) mailbox.noteLoss();
      this.lastStep = frame.step;
    }
    this.known.step = Math.max(this.known.step, frame.step);
    const shared = new SharedFrame(frame, async () => picture);
    for (const mailbox of this.mailboxes) mailbox.offerFrame(shared);
  }
}
