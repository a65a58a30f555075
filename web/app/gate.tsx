"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { useAccess } from "../parts/access";
import { accessTexts as texts } from "../texts/access";
import { startsSomething } from "./rooms";
import { SignIn } from "./sign-in";
import { Told } from "./told";

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
