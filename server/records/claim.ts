/** A session that a host holds. Each claim of a session has a higher `fence` than those before it. */
export interface Claim {
  sessionId: string;
  /** 0 where one server holds all sessions. */
  fence: number;
}
