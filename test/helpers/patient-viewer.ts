import { createHash } from "node:crypto";
import type { GraphqlClient } from "./graphql-client.js";

const WATCH = `subscription ($id: ID!, $afterStep: Int!) {
  session(id: $id, afterStep: $afterStep, inline: true) {
    __typename
    ... on Frame { step data }
    ... on FrameGap { fromStep toStep }
    ... on SessionChange { session { status error { code } } }
  }
}`;
const LATEST = "query ($id: ID!) { session(id: $id) { latestFrame { step } } }";
const HISTORY = `query ($id: ID!, $after: String) { session(id: $id) {
  status startedAt error { code message } frames(first: 100, after: $after) { pageInfo { hasNextPage endCursor } edges { node { step url } } }
} }`;

export const digestOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** A viewer of one session who comes back after every cut, and asks for what follows the last step that came. */
export class PatientViewer {
  /** Digests of the pictures that came, by step. */
  readonly seen = new Map<number, string>();
  /** Steps that came twice, out of order, or not at all. */
  readonly misdelivered: string[] = [];
  status = "";
  /** Every status that came. */
  readonly statuses = new Set<string>();
  /** Code of the error with which the session is paused or has failed. */
  errorCode: string | null = null;

  constructor(readonly id: string) {}

  /** The same viewer, who comes back elsewhere while the first connection is still open. */
  elsewhere(): PatientViewer {
    const viewer = new PatientViewer(this.id);
    for (const [step, digest] of this.seen) viewer.seen.set(step, digest);
    return viewer;
  }

  get lastStep(): number {
    return Math.max(-1, ...this.seen.keys());
  }

  /** Watches through one server until the session ends or the connection does; true when the session has ended. */
  async follow(client: GraphqlClient): Promise<boolean> {
    const { id } = this;
    let last = this.lastStep;
    // What is kept when a viewer comes is due to them; of later steps, one who is slow gets only the newest.
    const due = last + 1;
    const latest: number = (await client.query(LATEST, { id })).session.latestFrame?.step ?? -1;
    try {
      for await (const { data, errors } of client.subscribe(WATCH, { id, afterStep: last })) {
        if (errors) throw new Error(JSON.stringify(errors));
        const event = data.session;
        if (event.__typename === "FrameGap") this.misdelivered.push(`${id}: steps ${event.fromStep} to ${event.toStep} are not kept`);
        if (event.__typename === "SessionChange") {
          this.status = event.session.status;
          this.statuses.add(this.status);
          this.errorCode = event.session.error?.code ?? null;
        }
        if (event.__typename !== "Frame") continue;
        if (event.step <= last) this.misdelivered.push(`${id}: step ${event.step} after ${last}`);
        last = event.step;
        this.seen.set(last, digestOf(Buffer.from(event.data, "base64")));
      }
    } finally {
      for (let step = due; step <= Math.min(latest, last); step++) {
        if (!this.seen.has(step)) this.misdelivered.push(`${id}: step ${step} did not come`);
      }
    }
    return ["COMPLETED", "CANCELLED", "FAILED"].includes(this.status);
  }
}

/** What a server says of a session, with the addresses of its frames by step. */
export async function historyOf(client: GraphqlClient, id: string) {
  const urls = new Map<number, string>();
  let after: string | null = null;
  for (;;) {
    const { session } = await client.query(HISTORY, { id, after });
    for (const { node } of session.frames.edges) urls.set(node.step, node.url);
    after = session.frames.pageInfo.endCursor;
    if (!session.frames.pageInfo.hasNextPage) {
      return { status: session.status, startedAt: session.startedAt ?? "", error: JSON.stringify(session.error), urls };
    }
  }
}
