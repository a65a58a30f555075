import Link from "next/link";
import { useAccess } from "../parts/access";
import button from "../parts/text-button.module.css";
import { accessTexts as texts } from "../texts/access";
import styles from "./masthead.module.css";

/** Who this browser belongs to, and the way out; nothing on a server without access control. */
export function Me() {
  const access = useAccess();
  if (access === null || access.mode === "NONE" || access.role === null) return null;
  const me = texts.me(access.name, texts.roles[access.role]);

  async function leave() {
    const response = await fetch("/access", { method: "DELETE" });
    // A user goes on to the identity provider, which leads back.
    const { continueAt }: { continueAt: string } = response.status === 200 ? await response.json() : { continueAt: "/" };
    // The whole page is loaded anew, without what this browser could see.
    location.replace(continueAt);
  }

  return (
    <p className={styles.me}>
      {access.role === "ADMIN" ? <Link href="/admin">{me}</Link> : <span>{me}</span>}
      <button type="button" className={button.quiet} title={texts.leaveTitle} onClick={() => void leave()}>
        {texts.leave}
      </button>
    </p>
  );
}
