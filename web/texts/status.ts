import type { SessionStatus } from "../graphql/operations";

/** How a session stands, where it is said in a word. */
export const statusNames: Record<SessionStatus, string> = {
  QUEUED: "Waiting",
  RUNNING: "Painting",
  PAUSED: "Paused",
  COMPLETED: "Finished",
  CANCELLED: "Cancelled",
  FAILED: "Failed",
};
