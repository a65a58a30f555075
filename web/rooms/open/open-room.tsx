"use client";

import { useEffect, useState } from "react";
import { fetchJson, messageOf } from "../../graphql/execute";
import { Notice } from "../../parts/notice";
import { accessTexts } from "../../texts/access";
import styles from "./open.module.css";

const texts = accessTexts.open;

interface Opened {
  code?: string;
  message?: string;
  kind?: "ACCESS" | "SHARE";
  sessionId?: string | null;
}

/** Exchanges the secret after the # for a cookie of this browser, and goes to what the link opens. */
export function OpenRoom() {
  const [failure, setFailure] = useState<string | null>(null);
  /** Counts the attempts to open the link. */
  const [attempt, setAttempt] = useState(1);

  useEffect(() => {
    const ending = new AbortController();
    if (attempt > 1) setFailure(null);
    const secret = location.hash.slice(1);
    if (secret === "") {
      setFailure(texts.none);
      return () => ending.abort();
    }
    exchange(secret, ending.signal).then(
      // The whole page is loaded anew, so that its socket belongs to whoever the cookie names, and the secret leaves the history.
      (path) => location.replace(path),
      (error: unknown) => ending.signal.aborted || setFailure(messageOf(error)),
    );
    return () => ending.abort();
  }, [attempt]);

  return (
    <main className={styles.room}>
      {failure === null ? (
        <h1>{texts.title}</h1>
      ) : (
        <>
          <Notice>{failure}</Notice>
          <button type="button" className="button" onClick={() => setAttempt(attempt + 1)}>
            {texts.retry}
          </button>
        </>
      )}
    </main>
  );
}

/** Returns the path of what the link opens. @throws Error in the server's words, ConnectionError */
async function exchange(secret: string, signal: AbortSignal): Promise<string> {
  const headers = { "Content-Type": "application/json" };
  const { code, message, kind, sessionId } = (await fetchJson("/access", {
    method: "POST",
    headers,
    body: JSON.stringify({ secret }),
    signal,
  })) as Opened;
  if (code) throw new Error(message);
  if (kind !== "SHARE" || !sessionId) return "/";
  const asked = new URLSearchParams(location.search);
  const id = encodeURIComponent(sessionId);
  // A visitor of an exhibition gets a page in their language that offers the painting alone.
  return asked.get("to") === "take" ? `/take?id=${id}&lang=${encodeURIComponent(asked.get("lang") ?? "")}` : `/s?id=${id}`;
}
