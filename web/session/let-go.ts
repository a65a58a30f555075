import { execute } from "../graphql/execute";
import { CancelAndDeleteSession, DeleteSession } from "../graphql/operations";

/**
 * Ends and deletes a temporary session, also while the page unloads. What cannot be done now, such as without a connection,
 * the server does when the session expires.
 */
export async function letGo(sessionId: string): Promise<void> {
  const variables = { id: sessionId };
  // One request, because a page that unloads sends no second one. It is refused for a session that has ended.
  await execute(CancelAndDeleteSession, variables, undefined, true)
    .catch(() => execute(DeleteSession, variables, undefined, true))
    .catch(() => undefined);
}
