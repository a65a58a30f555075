"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { useAccess, useMayMake } from "../parts/access";
import { studioTexts as texts } from "../texts/studio";
import { HelpSheet } from "./help-sheet";
import styles from "./masthead.module.css";
import { Me } from "./me";
import { rooms, startsSomething } from "./rooms";

/** The studio's name and the links to the rooms that this browser may use. */
export function Masthead() {
  const here = usePathname();
  const mayMake = useMayMake();
  const isStranger = useAccess()?.role === null;
  // The kiosk has no way to other rooms, nor has what its visitors take home; an output shows nothing but its picture.
  if (here === "/kiosk" || here === "/take" || here === "/open" || here.startsWith("/live/out")) return null;
  return (
    <header className={styles.masthead}>
      <Link href="/" className={styles.wordmark}>
        {texts.name}
      </Link>
      <nav className={styles.rooms} aria-label={texts.rooms} hidden={isStranger}>
        {rooms
          .filter(({ href }) => mayMake || !startsSomething(href))
          .map(({ href, name }) => (
            <Link key={href} href={href} prefetch={false} className={styles.room} aria-current={here === href ? "page" : undefined}>
              {name}
            </Link>
          ))}
      </nav>
      <Me />
      <HelpSheet />
    </header>
  );
}
