"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { useAccess } from "../parts/access";
import headings from "../parts/headings.module.css";
import { Notice } from "../parts/notice";
import { accessTexts as texts } from "../texts/access";
import styles from "./nothing-here.module.css";
import { startsSomething } from "./rooms";

/** Pages that show one thing to whoever may see it, and the one that opens links. */
const openPages = ["/open", "/s", "/take"];

/** The page, or what to do where this browser may not use it. */
export function Gate({ children }: { children: ReactNode }) {
  const access = useAccess();
  const here = usePathname();
  if (access === null || access.role === "ADMIN") return children;
  if (access.role === null) {
    const isOpen = openPages.includes(here) || here.startsWith("/live/out");
    if (isOpen) return children;
    return access.mode === "USERS" ? <SignIn /> : <Told {...texts.closed} />;
  }
  if (here === "/admin") return <Told {...texts.adminOnly} />;
  if (access.role === "VIEWER" && startsSomething(here)) {
    const watching = access.mode === "USERS" ? texts.watchingUser : texts.watching;
    return (
      <Told {...watching}>
        <Link className="button primary" href="/gallery">
          {watching.toGallery}
        </Link>
      </Told>
    );
  }
  return children;
}

/** The way to the identity provider and back to this page, and why it let nobody in before. */
function SignIn() {
  const refused = new URLSearchParams(location.search).get("refused") ?? "";
  const reasons: Readonly<Record<string, string>> = texts.signIn.refused;
  const { pathname, search, hash } = location;
  const to = refused === "" ? pathname + search + hash : "/";
  return (
    <Told {...texts.signIn}>
      {Object.hasOwn(reasons, refused) && <Notice>{reasons[refused]}</Notice>}
      <a className="button primary" href={`/access/sign-in?to=${encodeURIComponent(to)}`}>
        {texts.signIn.action}
      </a>
    </Told>
  );
}

function Told({ title, text, children }: { title: string; text: string; children?: ReactNode }) {
  return (
    <main className={styles.empty}>
      <h1 className={headings.section}>{title}</h1>
      <p>{text}</p>
      {children}
    </main>
  );
}
