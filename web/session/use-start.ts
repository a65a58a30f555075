import { useRouter } from "next/navigation";
import { useState } from "react";
import { messageOf } from "../graphql/execute";
import type { Session } from "../graphql/operations";
import { handOver } from "./just-started";

/** Starts a session and goes to its page. */
export function useStart() {
  const router = useRouter();
  const [starting, setStarting] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  async function start(begin: () => Promise<Session>) {
    setStarting(true);
    setFailure(null);
    try {
      const session = await begin();
      handOver(session);
      router.push(`/s?id=${encodeURIComponent(session.id)}`);
    } catch (error) {
      setFailure(messageOf(error));
      setStarting(false);
    }
  }

  return { start, starting, failure };
}
