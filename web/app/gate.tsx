"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { useAccess } from "../parts/access";
import headings from "../parts/headings.module.css";
import { accessTexts as texts } from "../texts/access";
import styles from "./nothing-here.module.css";

/** Pages that show one thing to whoever may see it, and the one that opens links. */
const openPages = ["/open", "/s", "/take"];
/** Pages that start something. */
const makingPages = ["/", "/translate", "/live", "/layers", "/four", "/kiosk", "/kiosk/setup"];

/** The page, or what to do where this browser may not use it. */
export function Gate({ children }: { children: ReactNode }) {
  const access = useAccess();
  const here = usePathname();
  if (access === null || access.role === "ADMIN") return children;
  if (access.role === null) {
    const isOpen = openPages.includes(here) || here.startsWith("/live/out");
    return isOpen ? children : <Told {...texts.closed} />;
  }
  if (here === "/admin") return <Told {...texts.adminOnly} />;
  if (access.role === "VIEWER" && makingPages.includes(here)) {
    return (
      <Told {...texts.watching}>
        <Link className="button primary" href="/gallery">
          {texts.watching.toGallery}
        </Link>
      </Told>
    );
  }
  return children;
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
